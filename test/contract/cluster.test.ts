import { randomUUID } from 'node:crypto'
import { afterAll, beforeEach } from 'vitest'
import { MemoryBackend } from '../../backends/memory/memory.ts'
import { needsCluster } from '../support/cluster.ts'
import { clusterAlone } from '../support/cluster-alone.ts'
import { TestCluster } from '../support/cluster.ts'
import { backendContract } from './backend.contract.ts'
import { vfsBehavesLikeATree } from './model/vfs.ts'

let cluster: Promise<TestCluster> | undefined
afterAll(async () => (await cluster)?.[Symbol.asyncDispose]())
beforeEach(needsCluster)

const make = async () => clusterAlone(await (cluster ??= TestCluster.start()), { name: randomUUID(), replication_min: 2, replication_max: 2 })

backendContract('cluster', make, { runs: 5, row: 'cluster' })

vfsBehavesLikeATree('a cluster and memory', async () => [await make(), new MemoryBackend()], { runs: 5 })

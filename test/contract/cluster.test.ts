import { randomUUID } from 'node:crypto'
import { afterAll, beforeEach } from 'vitest'
import { needsCluster } from '../support/cluster.ts'
import { clusterAlone } from '../support/cluster-alone.ts'
import { TestCluster } from '../support/cluster.ts'
import { backendContract } from './backend.contract.ts'
import { behindLayers } from './support.ts'
import { vfsContract } from './vfs.contract.ts'

let cluster: Promise<TestCluster> | undefined
afterAll(async () => (await cluster)?.[Symbol.asyncDispose]())
beforeEach(needsCluster)

const make = async (folder?: string) =>
  clusterAlone(await (cluster ??= TestCluster.start()), { folder, name: randomUUID(), replication_min: 2, replication_max: 2 })
const layered = async (folder?: string) => behindLayers('cluster', await make(folder))

backendContract('cluster', make, { runs: 5, row: 'cluster' })

backendContract('cluster behind its layers', layered, { runs: 2 })

vfsContract('a cluster', make, { runs: 3 })

vfsContract('a cluster behind its layers', layered, { runs: 3 })

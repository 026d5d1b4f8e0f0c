import { beforeEach, expect, test } from 'vitest'
import { Cluster } from '../../../src/cluster/client.ts'
import { bytesOf } from '../../../src/core/bytes.ts'
import { vfsPath } from '../../../src/core/path.ts'
import { needsCluster, TestCluster } from '../../support/cluster.ts'
import { clusterAlone } from '../../support/cluster-alone.ts'

beforeEach(needsCluster)

test('a root whose pin the peer does not know, or that somebody else has moved, is told at once and not tried for ever', async () => {
  await using peers = await TestCluster.start(1)
  const cluster = new Cluster({ api: peers.api })
  await using backend = await clusterAlone(peers, { name: 'tree', replication_min: 1, replication_max: 1 })
  const write = (text: string) => backend.write(vfsPath('/a'), bytesOf(text))
  await write('one')
  const root = (await Array.fromAsync(cluster.allPinned())).find(({ name }) => name === 'tree')?.cid ?? ''
  await cluster.pin(root, { name: 'another', replication_min: 1, replication_max: 1 })
  await expect(write('two')).rejects.toMatchObject({ code: 'CONFLICT', hint: expect.stringContaining('new start') })
  await cluster.unpin(root)
  await expect(write('two')).rejects.toMatchObject({ code: 'UNAVAILABLE', retryable: true })
  await cluster.pin(root, { name: 'tree', replication_min: 1, replication_max: 1 })
  await write('two')
})

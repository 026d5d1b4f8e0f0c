import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { claiming } from '../../../backends/cluster/claims.ts'
import { Cluster } from '../../../src/cluster/client.ts'
import type { Pinned } from '../../../src/cluster/types.ts'
import { bytesOf } from '../../../src/core/bytes.ts'
import { ROOT, vfsPath as p } from '../../../src/core/path.ts'
import { codeOf, names, text } from '../../contract/support.ts'
import { clusterAlone } from '../../support/cluster-alone.ts'
import { needsCluster, TestCluster } from '../../support/cluster.ts'
import { temporaryFolder } from '../../support/content.ts'
import { FaultProxy } from '../../support/fault-proxy.ts'

let cluster: TestCluster | undefined
beforeEach(needsCluster)
beforeAll(async () => void (cluster = await TestCluster.start().catch(() => undefined)), 60_000)
afterAll(() => cluster?.[Symbol.asyncDispose]())

const running = (): TestCluster => {
  if (!cluster) throw new Error('no cluster runs')
  return cluster
}

const ONE = { replication_min: 1, replication_max: 1 }
const pinsOf = async (name: string): Promise<Pinned[]> => (await Array.fromAsync(new Cluster(running()).allPinned())).filter((pin) => pin.name === name)
const cids = async (name: string): Promise<string[]> => (await pinsOf(name)).map(({ cid }) => cid)

test('two polymounts of one data folder change one tree: nothing is lost, nobody is told of a stranger, and one pin has the name', async () => {
  await using folder = await temporaryFolder()
  const open = () => clusterAlone(running(), { ...ONE, name: 'both', folder: folder.path })
  await using one = await open()
  await using two = await open()
  const files = Array.from({ length: 8 }, (_, i) => `f${i}`)
  await Promise.all(files.map((file, i) => (i % 2 ? one : two).write(p(`/${file}`), bytesOf(file))))
  expect(await names(one, ROOT)).toEqual(files)
  expect(await cids('both')).toEqual([(await two.stat(ROOT)).cid])
})

test('a root that a polymount of the same data folder took for history is the root all the same', async () => {
  await using folder = await temporaryFolder()
  await using backend = await clusterAlone(running(), { ...ONE, name: 'early', folder: folder.path })
  await backend.write(p('/f'), bytesOf('one'))
  const [pin] = await pinsOf('early')
  const owner = pin?.metadata['polymount-owner'] ?? ''
  await new Cluster(running()).pin(pin?.cid ?? '', { ...ONE, name: 'early (replaced)', metadata: claiming(pin, 'early', { owner, replaced: true }) })
  await backend.write(p('/g'), bytesOf('two'))
  expect(await cids('early')).toEqual([(await backend.stat(ROOT)).cid])
})

test('a publication that fails half way leaves one pin of the name, that of the root that holds', async () => {
  await using proxy = await FaultProxy.start(running().api)
  await using backend = await clusterAlone({ api: proxy.endpoint, peers: running().peers }, { ...ONE, name: 'half' })
  await backend.write(p('/f'), bytesOf('one'))
  const before = (await backend.stat(ROOT)).cid
  const asked = proxy.next(/^GET \/pins\//, 'lost')
  expect(await codeOf(backend.write(p('/f'), bytesOf('two')))).toBe('UNAVAILABLE')
  await asked
  expect(await text(backend.read(p('/f')))).toBe('one')
  expect(await cids('half')).toEqual([before])
  await backend.write(p('/f'), bytesOf('two'))
  expect(await text(backend.read(p('/f')))).toBe('two')
  expect(await cids('half')).toEqual([(await backend.stat(ROOT)).cid])
})

test('where every peer is to have it, a change counts once every peer has it', async () => {
  await using backend = await clusterAlone(running(), { replication_min: -1, replication_max: -1, name: 'all' })
  for (const content of ['one', 'two', 'three']) {
    await backend.write(p('/f'), bytesOf(content))
    const { peer_map } = await new Cluster(running()).status((await backend.stat(ROOT)).cid ?? '')
    expect(Object.values(peer_map).map(({ status }) => status)).toEqual(['pinned', 'pinned', 'pinned'])
  }
})

import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { ClusterPublisher } from '../../../backends/cluster/publisher.ts'
import { Cluster } from '../../../src/cluster/client.ts'
import { openContentStore } from '../../../src/content/store.ts'
import { bytesOf } from '../../../src/core/bytes.ts'
import { vfsPath as p } from '../../../src/core/path.ts'
import { TreeStore } from '../../../src/ipfs/tree/store.ts'
import { codeOf, names, text } from '../../contract/support.ts'
import { clusterAlone } from '../../support/cluster-alone.ts'
import { needsCluster, TestCluster } from '../../support/cluster.ts'
import { temporaryFolder } from '../../support/content.ts'

let cluster: TestCluster | undefined
beforeEach(needsCluster)
beforeAll(async () => void (cluster = await TestCluster.start(1).catch(() => undefined)), 60_000)
afterAll(() => cluster?.[Symbol.asyncDispose]())

const running = (): TestCluster => {
  if (!cluster) throw new Error('no cluster runs')
  return cluster
}

const ONE = { replication_min: 1, replication_max: 1 }

/** Leaves at the cluster what a process leaves that dies between publishing a root and taking it for its own. */
async function publishOnly(folder: string, name: string, cid: string, previous: string): Promise<void> {
  await using store = await TreeStore.open(folder)
  await using content = await openContentStore({ folder })
  const get = async ({ multihash }: { readonly multihash: { readonly bytes: Uint8Array } }) =>
    (await content.blocks.get(multihash.bytes)) ?? Promise.reject(new Error('not here'))
  await new ClusterPublisher({ ...ONE, cluster: new Cluster(running()), name, owner: await store.owner(), get }).publish(cid, previous)
}

const namedBy = async (name: string): Promise<string[]> =>
  (await Array.fromAsync(new Cluster(running()).allPinned())).flatMap((pin) => (pin.name === name ? [pin.cid] : []))

test('what a process published that died before it counted does not stand when the tree is opened again', async () => {
  await using folder = await temporaryFolder()
  let [before, after] = ['', '']
  {
    await using b = await clusterAlone(running(), { ...ONE, name: 'dying', folder: folder.path })
    await b.write(p('/f'), bytesOf('one'))
    before = (await b.stat(p('/'))).cid ?? ''
    await b.mkdir(p('/d'))
    await b.write(p('/d/f'), bytesOf('two'))
    after = (await b.stat(p('/d'))).cid ?? ''
    await b.remove(p('/d'), { recursive: true })
    expect((await b.stat(p('/'))).cid).toBe(before)
  }
  await publishOnly(folder.path, 'dying', after, before)
  expect((await namedBy('dying')).toSorted()).toEqual([before, after].toSorted())
  await using b = await clusterAlone(running(), { ...ONE, name: 'dying', folder: folder.path })
  expect(await namedBy('dying')).toEqual([before])
  expect(await names(b, p('/'))).toEqual(['f'])
  await b.write(p('/g'), bytesOf('goes on'))
  expect(await text(b.read(p('/g')))).toBe('goes on')
})

test('who finds two roots that are not its own takes the later one, and the owner of the other is told', async () => {
  await using folder = await temporaryFolder()
  await using owner = await clusterAlone(running(), { ...ONE, name: 'two', folder: folder.path })
  await owner.write(p('/f'), bytesOf('one'))
  const before = (await owner.stat(p('/'))).cid ?? ''
  await owner.mkdir(p('/d'))
  await owner.write(p('/d/later'), bytesOf('two'))
  const later = (await owner.stat(p('/d'))).cid ?? ''
  await owner.remove(p('/d'), { recursive: true })
  await publishOnly(folder.path, 'two', later, before)
  await using stranger = await clusterAlone(running(), { ...ONE, name: 'two' })
  expect(await names(stranger, p('/'))).toEqual(['later'])
  expect(await namedBy('two')).toEqual([later])
  expect(await codeOf(owner.write(p('/g'), bytesOf('three')))).toBe('CONFLICT')
  await stranger.write(p('/g'), bytesOf('four'))
  expect(await namedBy('two')).toHaveLength(1)
})

test('a root whose pin a person took away is published again when the tree is opened', async () => {
  await using folder = await temporaryFolder()
  {
    await using b = await clusterAlone(running(), { ...ONE, name: 'gone', folder: folder.path })
    await b.write(p('/f'), bytesOf('one'))
    const [root = ''] = await namedBy('gone')
    await new Cluster(running()).unpin(root)
    expect(await codeOf(b.write(p('/g'), bytesOf('two')))).toBe('UNAVAILABLE')
  }
  await using b = await clusterAlone(running(), { ...ONE, name: 'gone', folder: folder.path })
  expect(await namedBy('gone')).toHaveLength(1)
  await b.write(p('/g'), bytesOf('two'))
  expect(await names(b, p('/'))).toEqual(['f', 'g'])
})

test('a cluster that is not there, refuses us or is something else is told as that', async () => {
  const nobody = new Cluster({ api: 'http://127.0.0.1:9' })
  expect(await codeOf(nobody.id())).toBe('UNAVAILABLE')
  expect(await codeOf(nobody.allPinned())).toBe('UNAVAILABLE')
  const kubo = new Cluster({ api: running().peers[0]?.kubo.url ?? '' })
  expect(await codeOf(kubo.id())).toMatch(/NOT_FOUND|UNAVAILABLE/)
})

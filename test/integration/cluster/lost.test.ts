import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { Cluster } from '../../../src/cluster/client.ts'
import { vfsPath as p } from '../../../src/core/path.ts'
import { type Reached, tellsTheTruthOfLostAnswers } from '../../contract/lost.contract.ts'
import { codeOf, text } from '../../contract/support.ts'
import { Child } from '../../support/children.ts'
import { clusterAlone } from '../../support/cluster-alone.ts'
import { needsCluster, TestCluster } from '../../support/cluster.ts'
import { temporaryFolder } from '../../support/content.ts'
import { FaultProxy } from '../../support/fault-proxy.ts'
import { LosingProxy } from '../../support/losing-proxy.ts'
import { laterIn } from '../../support/program.ts'
import { call, openTestVfs } from '../../support/vfs.ts'

let cluster: TestCluster
let proxy: LosingProxy
beforeEach(needsCluster)
beforeAll(async () => {
  cluster = await TestCluster.start(1)
  proxy = await LosingProxy.start(() => cluster.api)
}, 60_000)
afterAll(async () => {
  await proxy[Symbol.asyncDispose]()
  await cluster[Symbol.asyncDispose]()
})

const namedBy = async (name: string): Promise<string[]> =>
  (await Array.fromAsync(new Cluster(cluster).allPinned())).flatMap((pin) => (pin.name === name ? [pin.cid] : []))

/** A tree of a data folder that asks through the proxy, under a journal. */
async function opened(name: string, api = proxy.url) {
  await using parts = new AsyncDisposableStack()
  const folder = parts.use(await temporaryFolder()).path
  const backend = parts.use(await clusterAlone({ api, peers: cluster.peers }, { name, folder }))
  const vfs = parts.use(await openTestVfs({ '/c': backend }, { folder }))
  const owned = parts.move()
  return { folder, vfs, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

const stranger = (name: string) => clusterAlone(cluster, { name })

test('a root that was published, and can neither be taken back nor confirmed, is in doubt, and goes when the cluster answers again', async () => {
  await using t = await opened('lost')
  await t.vfs.write('/c/f', 'before')
  proxy.lose(/^POST \/add/, 0, 'it and all that follows')
  expect(await codeOf(t.vfs.write('/c/f', 'after').then(() => undefined))).toBe('OUTCOME_UNKNOWN')
  expect(await namedBy('lost')).toHaveLength(2)
  proxy.recover()
  laterIn(t.vfs.folder)
  await t.vfs.journal.recover()
  expect(t.vfs.journal.history({ limit: 1 })).toMatchObject([{ state: 'aborted' }])
  expect(await namedBy('lost')).toHaveLength(1)
  await using other = await stranger('lost')
  expect(await text(other.read(p('/f')))).toBe('before')
})

test('one that somebody else has taken over meanwhile holds here too', async () => {
  await using t = await opened('taken')
  await t.vfs.write('/c/f', 'before')
  proxy.lose(/^POST \/add/, 0, 'it and all that follows')
  expect(await codeOf(t.vfs.write('/c/f', 'after').then(() => undefined))).toBe('OUTCOME_UNKNOWN')
  await using other = await stranger('taken')
  expect(await text(other.read(p('/f')))).toBe('after')
  proxy.recover()
  await t.vfs.journal.recover()
  const [newest] = t.vfs.journal.history({ limit: 1 })
  expect(newest).toMatchObject({ state: 'done' })
  expect(await t.vfs.text('/c/f')).toBe('after')
  await t.vfs.vfs.undo({ change: newest?.change ?? '' }, call)
  expect(await t.vfs.text('/c/f')).toBe('before')
})

test('a cluster that does not answer at all is no doubt: nothing was sent', async () => {
  await using t = await opened('away')
  await t.vfs.write('/c/f', 'before')
  proxy.away = true
  expect(await codeOf(t.vfs.write('/c/f', 'after').then(() => undefined))).toBe('UNAVAILABLE')
  proxy.recover()
  await t.vfs.write('/c/f', 'after')
  expect(await namedBy('away')).toHaveLength(1)
})

const MOMENTS: readonly (readonly [string, RegExp, number])[] = [
  ['before what it publishes has come', /^POST \/add/, 1],
  ['when it was published, and before that is known', /^GET \/pins\//, 2],
]

test.each(['replace', 'add', 'copy', 'move', 'remove', 'mkdir'].flatMap((verb) => MOMENTS.map((moment) => [verb, ...moment] as const)))(
  'a process that is killed in the middle of %s, %s: the next of its data folder takes it back',
  async (verb, _, line, roots) => {
    await using faults = await FaultProxy.start(cluster.api)
    const name = randomUUID()
    await using t = await opened(name, faults.endpoint)
    await t.vfs.write('/c/f', 'before')
    const met = faults.next(line, 'held')
    const dying = new Child(new URL('../../support/cluster-dying.ts', import.meta.url), faults.endpoint, cluster.peers[0]?.kubo.url ?? '', t.folder, name, verb)
    await met
    expect(await namedBy(name)).toHaveLength(roots)
    await dying.kill()
    await t.vfs.journal.recover()
    expect(t.vfs.journal.history({ limit: 1 })).toMatchObject([{ state: 'in_doubt' }])
    laterIn(t.folder)
    await t.vfs.journal.recover()
    expect(t.vfs.journal.history({ limit: 1 })).toMatchObject([{ state: 'aborted' }])
    expect([await t.vfs.names('/c'), await t.vfs.text('/c/f')]).toEqual([['f'], 'before'])
    expect(await namedBy(name)).toHaveLength(1)
    await t.vfs.write('/c/f', 'goes on')
    expect(await t.vfs.text('/c/f')).toBe('goes on')
  },
)

test.each([
  ['replace', 'f after'],
  ['add', 'f before, g new'],
  ['copy', 'f before, g before'],
  ['remove', ''],
])('a process that is killed in the middle of %s, when it counts, and before what it replaces is let go: it is done', async (verb, left) => {
  await using faults = await FaultProxy.start(cluster.api)
  const name = randomUUID()
  await using t = await opened(name, faults.endpoint)
  await t.vfs.write('/c/f', 'before')
  const met = faults.next(/^POST \/pins\//, 'held')
  const dying = new Child(new URL('../../support/cluster-dying.ts', import.meta.url), faults.endpoint, cluster.peers[0]?.kubo.url ?? '', t.folder, name, verb)
  await met
  await dying.kill()
  await t.vfs.journal.recover()
  expect(t.vfs.journal.history({ limit: 1 })).toMatchObject([{ state: 'done' }])
  const standing = await Promise.all((await t.vfs.names('/c')).map(async (each) => `${each} ${await t.vfs.text(`/c/${each}`)}`))
  expect(standing.join(', ')).toBe(left)
  await t.vfs.vfs.undo({ change: t.vfs.journal.history({ limit: 1 })[0]?.change ?? '' }, call)
  expect([await t.vfs.names('/c'), await t.vfs.text('/c/f')]).toEqual([['f'], 'before'])
  await using other = await stranger(name)
  expect(await text(other.read(p('/f')))).toBe('before')
  expect(await namedBy(name)).toHaveLength(1)
})

async function reached(): Promise<Reached> {
  await using parts = new AsyncDisposableStack()
  const [name, folder] = [randomUUID(), parts.use(await temporaryFolder()).path]
  const backend = parts.use(await clusterAlone({ api: proxy.url, peers: cluster.peers }, { name, folder }))
  const owned = parts.move()
  const left = async (): Promise<string[]> => {
    const { cid } = await backend.stat(p('/'))
    return (await namedBy(name)).filter((root) => root !== cid)
  }
  return { backend, proxy, folder, left, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

tellsTheTruthOfLostAnswers(reached, /^\S+ \/(add|pins)/)

import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { Cluster } from '../../../src/cluster/client.ts'
import { needsCluster, TestCluster } from '../../support/cluster.ts'
import { connect, type ConnectedGateway } from '../../support/gateway.ts'

let cluster: TestCluster | undefined
beforeEach(needsCluster)
beforeAll(async () => void (cluster = await TestCluster.start(1).catch(() => undefined)), 60_000)
afterAll(() => cluster?.[Symbol.asyncDispose]())

/** A gateway of its own data folder with a tree of each of these names, mounted there. */
function gateway(...names: readonly string[]): Promise<ConnectedGateway> {
  const ipfs_api = cluster?.peers[0]?.kubo.url
  const backend = (name: string) => [name, { type: 'cluster', options: { api: cluster?.api, name, replication_min: 1, replication_max: 1, ipfs_api } }]
  const mounts = names.map((name) => ({ path: `/${name}`, backend: name }))
  return connect({ config: { backends: Object.fromEntries(names.map(backend)), mounts } })
}

const write = async (t: ConnectedGateway, path: string, content: string) => (await t.call('vfs_write', { path, content })).result
const rootOf = async (t: ConnectedGateway, path: string): Promise<string> => String((await t.call('vfs_stat', { path })).result['cid'])

async function expires(cid: string): Promise<boolean> {
  const { expire_at } = (await new Cluster({ api: cluster?.api ?? '' }).pinned(cid)) ?? {}
  return new Date(expire_at ?? 0).getTime() > Date.now()
}

/** Both are one pin for a while, which expires when it is the root of neither. Resolves with what was told of the changes after that. */
async function growFromOne(trees: readonly (readonly [ConnectedGateway, string])[]): Promise<unknown[]> {
  for (const content of ['one', 'two']) for (const [t, at] of trees) expect(await write(t, `${at}/f`, content)).toMatchObject({ status: 'success' })
  const [root = '', ...others] = await Promise.all(trees.map(([t, at]) => rootOf(t, at)))
  expect(others).toEqual(trees.slice(1).map(() => root))
  const told: unknown[] = []
  for (const [t, at] of trees) {
    expect(await expires(root), at).toBe(false)
    told.push((await write(t, `${at}/g`, at))['status'])
  }
  expect(await expires(root)).toBe(true)
  return told
}

test('two trees of two data folders may be alike', { timeout: 120_000 }, async () => {
  await using red = await gateway('red')
  await using blue = await gateway('blue')
  expect(
    await growFromOne([
      [red, '/red'],
      [blue, '/blue'],
    ]),
  ).toEqual(['success', 'success'])
  await using afresh = await gateway('red', 'blue')
  for (const at of ['/red', '/blue']) expect((await afresh.call('vfs_read', { path: `${at}/g`, raw: true })).text).toBe(at)
})

test('two trees of one data folder may be alike', { timeout: 120_000 }, async () => {
  await using t = await gateway('green', 'white')
  expect(
    await growFromOne([
      [t, '/green'],
      [t, '/white'],
    ]),
  ).toEqual(['success', 'success'])
})

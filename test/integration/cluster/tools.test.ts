import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { Cluster } from '../../../src/cluster/client.ts'
import { needsCluster, TestCluster } from '../../support/cluster.ts'
import { connect, type ConnectedGateway } from '../../support/gateway.ts'

let cluster: TestCluster | undefined
beforeEach(needsCluster)
beforeAll(async () => void (cluster = await TestCluster.start().catch(() => undefined)), 60_000)
afterAll(() => cluster?.[Symbol.asyncDispose]())

const NOBODY = 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy'

/** A gateway whose `/team` is a tree of the cluster. */
async function team(name: string): Promise<ConnectedGateway> {
  const [first] = cluster?.peers ?? []
  const options = { api: first?.api, name, replication_min: 2, replication_max: 2, ipfs_api: first?.kubo.url }
  return connect({ config: { backends: { team: { type: 'cluster', options } }, mounts: [{ path: '/team', backend: 'team' }] } })
}

interface Pin {
  readonly cid: string
  readonly name: string
  readonly peers: readonly { readonly status: string }[]
}

test('a file that was written is held by two peers, changes are undone there too, and replaced roots expire', async () => {
  await using session = await team('first')
  const call = session.call.bind(session)
  await call('vfs_write', { path: '/team/a/f', content: 'one' })
  const { result } = await call('vfs_write', { path: '/team/a/f', content: 'two' })
  expect((await call('vfs_read', { path: '/team/a/f', raw: true })).text).toBe('two')
  const pins = (await call('ipfs_cluster_status', {})).result['pins'] as readonly Pin[]
  const root = pins.find(({ name }) => name === 'first')
  expect(pins.filter(({ name }) => name === 'first')).toHaveLength(1)
  expect(root?.peers.filter(({ status }) => status === 'pinned')).toHaveLength(2)
  expect(pins.map(({ name }) => name)).toContain('first (replaced)')
  expect((await call('vfs_undo', { change: result['change'] })).result).toMatchObject({ conflicts: [] })
  expect((await call('vfs_read', { path: '/team/a/f', raw: true })).text).toBe('one')
  expect((await call('ipfs_cluster_pin', { cid: root?.cid, remove: true })).result).toMatchObject({ error_code: 'DENIED' })
})

test('another data folder finds what stands there, and neither overwrites the other', async () => {
  await using one = await team('shared')
  await one.call('vfs_write', { path: '/team/f', content: 'one' })
  await using two = await team('shared')
  expect((await two.call('vfs_read', { path: '/team/f', raw: true })).text).toBe('one')
  expect((await two.call('vfs_write', { path: '/team/g', content: 'two' })).ok).toBe(true)
  expect((await one.call('vfs_write', { path: '/team/h', content: 'three' })).result).toMatchObject({ error_code: 'CONFLICT' })
  expect((await two.call('vfs_ls', { path: '/team' })).result['entries']).toMatchObject([{ name: 'f' }, { name: 'g' }])
})

test('pins are made with all that can be said of them, shown peer by peer, and removed', async () => {
  await using session = await team('pins')
  const { result: added } = await session.call('ipfs_add', { content: 'not at the cluster' })
  const kubo = cluster?.peers[0]?.kubo
  const cid = (await kubo?.run(['add', '-Q', '--cid-version=1'], 'pinned by a tool')) ?? ''
  const given = { cid, name: 'mine', replication_min: 2, replication_max: 2, expire_at: '2099-01-01T00:00:00Z', metadata: { by: 'test' } }
  expect((await session.call('ipfs_cluster_pin', given)).result).toMatchObject({ cid, name: 'mine', removed: false, expire_at: '2099-01-01T00:00:00.000Z' })
  const held = async (): Promise<number> =>
    ((await session.call('ipfs_cluster_status', { cid })).result['pins'] as readonly Pin[])[0]?.peers.filter(({ status }) => status === 'pinned').length ?? 0
  await expect.poll(held, { timeout: 20_000 }).toBe(2)
  const statesOf = async (asked: object): Promise<string[]> =>
    ((await session.call('ipfs_cluster_status', { limit: 1000, ...asked })).result['pins'] as readonly Pin[]).map((pin) => pin.cid)
  const known = await new Cluster({ api: cluster?.peers[0]?.api ?? '' }).pinned(cid)
  expect(known).toMatchObject({ name: 'mine', replication_factor_min: 2, replication_factor_max: 2, metadata: { by: 'test' } })
  expect((await session.call('ipfs_cluster_pin', { ...given, name: 'other', replication_max: 3 })).result).toMatchObject({ name: 'other', replication_max: 3 })
  expect(await statesOf({ filter: 'pin_error' })).toEqual([])
  expect(await statesOf({ filter: 'pinned' })).toContain(cid)
  expect((await session.call('ipfs_cluster_pin', { cid, remove: true })).result).toMatchObject({ removed: true })
  expect((await session.call('ipfs_cluster_pin', { cid, remove: true })).result).toMatchObject({ error_code: 'NOT_PINNED' })
  expect((await session.call('ipfs_cluster_pin', { cid: 'hello' })).result).toMatchObject({ error_code: 'INVALID_ARGUMENT' })
  expect((await session.call('ipfs_cluster_pin', { cid: NOBODY, backend: 'other' })).result).toMatchObject({ error_code: 'BACKEND_NOT_FOUND' })
  expect(added['cid']).not.toBe(cid)
})

test('a list of pins goes on where it ended, and peers are listed', async () => {
  await using session = await team('pages')
  for (const name of ['a', 'b', 'c']) await session.call('vfs_write', { path: `/team/${name}`, content: name })
  const seen: string[] = []
  for (let cursor: unknown; cursor !== null;) {
    const { result } = await session.call('ipfs_cluster_status', { limit: 2, ...(cursor !== undefined && { cursor }) })
    seen.push(...(result['pins'] as readonly Pin[]).map(({ cid }) => cid))
    cursor = result['next_cursor']
  }
  expect(seen.length).toBeGreaterThan(3)
  expect(seen).toEqual([...new Set(seen)].toSorted())
  const { result } = await session.call('ipfs_cluster_peers', {})
  expect(result['peers']).toHaveLength(3)
  expect(result['peers']).toContainEqual(expect.objectContaining({ name: 'peer-1', version: '1.1.6', error: null, ipfs: expect.stringMatching(/^12D3/) }))
})

test('without a cluster the tools say how to get one', async () => {
  await using session = await connect()
  const { result } = await session.call('ipfs_cluster_peers', {})
  expect(result).toMatchObject({ error_code: 'SERVICE_UNAVAILABLE', context: { need: 'cluster', hint: expect.stringContaining('"type": "cluster"') } })
})

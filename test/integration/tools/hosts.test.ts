import { afterAll, beforeAll, expect, test } from 'vitest'
import { builtin } from '../../../src/registry/discover.ts'
import { declarations } from '../../../src/registry/inventory.ts'
import { connect, type ConnectedGateway } from '../../support/gateway.ts'
import { LOOPBACK, type Machine, machine } from '../../support/machine.ts'
import { needsCluster, TestCluster } from '../../support/cluster.ts'
import { HOSTS } from '../../support/hosts.ts'

/** Somebody else on the network of this machine. */
let neighbour: Machine
/** Absent where there is none to run: its tools are skipped then. */
let cluster: TestCluster | undefined
let session: ConnectedGateway
let change: unknown
let cid: unknown
let stranger: string
let name: unknown
const at = (path: string): string => `${session.work}/${path}`

beforeAll(async () => {
  const lines = Array.from({ length: 3_000 }, (_, i) => `line ${i} of salt`).join('\n')
  neighbour = await machine({ network: 'node' })
  const { addresses, peer } = await neighbour.node.identity()
  stranger = peer
  cluster = await TestCluster.start(1).catch(() => undefined)
  const config = {
    backends: { extra: { type: 'memory' }, ...(cluster && { team: { type: 'cluster', options: { api: cluster.api } } }) },
    agents: { register: ['memory'] },
    ipfs: { network: 'node', peering: { ...LOOPBACK, peers: addresses } },
    lassie: { private_addresses: true },
  }
  session = await connect({ config, files: { 'a.txt': 'salt and pepper\n', 'long.txt': lines, 'folder/b.txt': 'b', 'gone/c.txt': 'c', 'empty/x': '' } })
  change = (await session.call('vfs_write', { path: at('w.txt'), content: 'one\n' })).result['change']
  await session.call('vfs_write', { path: at('w.txt'), content: 'two\n' })
  cid = (await session.call('ipfs_add', { from: at('folder') })).result['cid']
  name = (await session.call('ipfs_name_publish', { cid, offline: true })).result['name']
})
afterAll(async () => {
  await session[Symbol.asyncDispose]()
  await neighbour[Symbol.asyncDispose]()
  await cluster?.[Symbol.asyncDispose]()
})

/** One call of every tool that succeeds, in an order in which they do. */
const CALLS: Readonly<Record<string, () => Record<string, unknown>>> = {
  vfs_read: () => ({ path: at('long.txt'), limit: 20 }),
  vfs_ls: () => ({ path: at('') }),
  vfs_tree: () => ({ path: at('') }),
  vfs_find: () => ({ path: at(''), glob: '**/*.txt', limit: 1 }),
  search_content: () => ({ pattern: 'salt', path: at(''), limit: 5 }),
  vfs_stat: () => ({ path: at('a.txt') }),
  vfs_hash: () => ({ path: at('a.txt') }),
  vfs_history: () => ({ path: at('w.txt') }),
  vfs_diff: () => ({ path: at('w.txt'), from_version: change }),
  vfs_list_mounts: () => ({}),
  vfs_write: () => ({ path: at('new.txt'), content: 'new' }),
  vfs_edit: () => ({ path: at('a.txt'), old_string: 'pepper', new_string: 'sugar' }),
  vfs_mkdir: () => ({ path: at('made') }),
  vfs_rmdir: () => ({ path: at('made') }),
  vfs_copy: () => ({ from: at('a.txt'), to: at('copy.txt') }),
  vfs_move: () => ({ from: at('copy.txt'), to: at('moved.txt') }),
  vfs_remove: () => ({ path: at('gone'), recursive: true }),
  vfs_restore: () => ({ path: at('w.txt'), version: change }),
  vfs_sync_to_ipfs: () => ({ path: at('folder') }),
  vfs_sync_from_ipfs: () => ({ cid, path: at('synced') }),
  vfs_undo: () => ({ session: 'current', dry_run: true }),
  vfs_mount: () => ({ path: '/extra', backend: 'extra' }),
  vfs_unmount: () => ({ path: '/extra' }),
  mbfs_register_backend: () => ({ name: 'mine', type: 'memory' }),
  mbfs_list_backends: () => ({}),
  mbfs_store: () => ({ backend: 'mine', key: 'salt/f', content: 'pepper' }),
  mbfs_list_content: () => ({ backend: 'mine', limit: 1 }),
  mbfs_retrieve: () => ({ backend: 'mine', key: 'salt/f', length: 3 }),
  mbfs_copy_between_backends: () => ({ from_backend: 'mine', to_backend: 'extra' }),
  mbfs_delete: () => ({ backend: 'mine', key: 'salt/f' }),
  mbfs_remove_backend: () => ({ backend: 'mine' }),
  ipfs_add: () => ({ content: 'salt' }),
  ipfs_cat: () => ({ cid: `${String(cid)}/b.txt` }),
  ipfs_ls: () => ({ cid }),
  ipfs_id: () => ({}),
  ipfs_version: () => ({}),
  ipfs_pin_add: () => ({ cid, name: 'folder' }),
  ipfs_pin_ls: () => ({ limit: 1 }),
  ipfs_pin_update: () => ({ old_cid: cid, new_cid: `${String(cid)}/b.txt` }),
  ipfs_pin_rm: () => ({ cid: `${String(cid)}/b.txt` }),
  ipfs_stats: () => ({}),
  ipfs_get: () => ({ cid, to: at('got') }),
  lassie_fetch: () => ({ cid, to: at('fetched') }),
  lassie_fetch_with_providers: () => ({ cid, to: at('fetched.car'), providers: [`/ip4/127.0.0.1/tcp/9/p2p/${stranger}`] }),
  ipfs_cluster_pin: () => ({ cid, name: 'folder', replication_min: 1, replication_max: 1 }),
  ipfs_cluster_status: () => ({ limit: 1 }),
  ipfs_cluster_peers: () => ({}),
  ipfs_refs: () => ({ cid }),
  ipfs_refs_local: () => ({ limit: 1 }),
  ipfs_block_stat: () => ({ cid }),
  ipfs_block_get: () => ({ cid, length: 10 }),
  ipfs_dag_put: () => ({ value: { salt: true } }),
  ipfs_dag_get: () => ({ cid }),
  ipfs_swarm_peers: () => ({}),
  ipfs_dht_findpeer: () => ({ peer: stranger }),
  ipfs_dht_findprovs: () => ({ cid, num: 1 }),
  ipfs_dht_query: () => ({ peer: stranger }),
  ipfs_name_publish: () => ({ cid }),
  ipfs_name_resolve: () => ({ name }),
  ipfs_pubsub_publish: () => ({ topic: 'salt', content: 'pepper' }),
  ipfs_pubsub_subscribe: () => ({ topic: 'salt', timeout_ms: 0 }),
  ipfs_pubsub_peers: () => ({}),
  ipfs_files_mkdir: () => ({ path: '/salt' }),
  ipfs_files_write: () => ({ path: '/salt/f', content: 'pepper' }),
  ipfs_files_ls: () => ({ path: '/salt', limit: 1 }),
  ipfs_files_stat: () => ({ path: '/salt/f' }),
  ipfs_files_read: () => ({ path: '/salt/f', length: 3 }),
  ipfs_files_cp: () => ({ from: `/ipfs/${String(cid)}`, to: '/salt/folder' }),
  ipfs_files_mv: () => ({ from: '/salt/folder', to: '/salt/moved' }),
  ipfs_files_chcid: () => ({ path: '/salt', cid_version: 0 }),
  ipfs_files_flush: () => ({ path: '/salt' }),
  ipfs_files_rm: () => ({ path: '/salt', recursive: true }),
}

/** Without these a model cannot go on: guard its next change, take this one back, or read the rest. */
const NEEDED = ['etag', 'change', 'next_offset', 'next_cursor']

const tools = [...declarations(await builtin()).keys()]

test('every tool has its call here', () => {
  expect(Object.keys(CALLS).toSorted()).toEqual(tools)
})

test.for(Object.keys(CALLS))('a model sees all it needs of %s in every host', async (tool, context) => {
  if (tool.startsWith('ipfs_cluster_')) await needsCluster(context)
  const { ok, text, raw, result } = await session.call(tool, CALLS[tool]?.())
  expect(ok, text).toBe(true)
  const facts = NEEDED.flatMap((field) => (typeof result[field] === 'string' || typeof result[field] === 'number' ? [String(result[field])] : []))
  for (const seen of Object.values(HOSTS)) {
    expect(seen(raw).length).toBeGreaterThan(0)
    expect(seen(raw).length).toBeLessThanOrEqual(100_000)
    for (const fact of facts) expect(seen(raw)).toContain(fact)
  }
})

test.each(Object.keys(HOSTS))('a model is told what went wrong and what to do in a host that shows %s', async (host) => {
  const { raw } = await session.call('vfs_read', { path: at('none.txt') })
  const seen = HOSTS[host]?.(raw) ?? ''
  expect(seen).toMatch(/^NOT_FOUND: /)
  expect(seen).toContain('none.txt')
  expect(seen).toMatch(/\. .+\./)
})

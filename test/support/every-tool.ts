import { LOOPBACK, machine } from './machine.ts'
import { TestCluster } from './cluster.ts'
import { connect, type ConnectedGateway } from './gateway.ts'
import type { KuboDaemon } from './kubo.ts'

/** What the calls need to know of the gateway. */
interface Known {
  /** A path of the served folder. */
  readonly at: (path: string) => string
  readonly change: unknown
  readonly cid: unknown
  readonly name: unknown
  readonly stranger: string
}

export interface EveryTool extends Known, AsyncDisposable {
  readonly session: ConnectedGateway
}

/** A gateway with all that its tools need: content of its own, a neighbour on the network, and a cluster where one can run. IPFS is in this process if no daemon is given. */
export async function everyTool(kubo?: KuboDaemon): Promise<EveryTool> {
  await using opened = new AsyncDisposableStack()
  const neighbour = opened.use(await machine({ network: 'node', ...(kubo && { peering: { peers: kubo.addresses } }) }))
  const { addresses, peer: stranger } = await neighbour.node.identity()
  const cluster = await TestCluster.start(1).catch(() => undefined) // its tools are skipped where there is none
  if (cluster) opened.use(cluster)
  const config = {
    backends: { extra: { type: 'memory' }, ...(cluster && { team: { type: 'cluster', options: { api: cluster.api } } }) },
    agents: { register: ['memory'] },
    ipfs: { network: 'node', ...(kubo ? { engine: kubo.url } : { peering: { ...LOOPBACK, peers: addresses } }) },
    lassie: { private_addresses: true },
  }
  const lines = Array.from({ length: 3_000 }, (_, i) => `line ${i} of salt`).join('\n')
  const files = { 'a.txt': 'salt and pepper\n', 'long.txt': lines, 'folder/b.txt': 'b', 'gone/c.txt': 'c', 'empty/x': '' }
  const session = opened.use(await connect({ config, files }))
  const at = (path: string): string => `${session.work}/${path}`
  const { change } = (await session.call('vfs_write', { path: at('w.txt'), content: 'one\n' })).result
  await session.call('vfs_write', { path: at('w.txt'), content: 'two\n' })
  const { cid } = (await session.call('ipfs_add', { from: at('folder') })).result
  const { name } = (await session.call('ipfs_name_publish', { cid, offline: true })).result
  const all = opened.move()
  return { session, at, change, cid, name, stranger, [Symbol.asyncDispose]: () => all.disposeAsync() }
}

/** One call of every tool that succeeds, in an order in which they do. */
export const CALLS: Readonly<Record<string, (it: Known) => Record<string, unknown>>> = {
  vfs_read: (it) => ({ path: it.at('long.txt'), limit: 20 }),
  vfs_ls: (it) => ({ path: it.at('') }),
  vfs_tree: (it) => ({ path: it.at('') }),
  vfs_find: (it) => ({ path: it.at(''), glob: '**/*.txt', limit: 1 }),
  search_content: (it) => ({ pattern: 'salt', path: it.at(''), limit: 5 }),
  vfs_stat: (it) => ({ path: it.at('a.txt') }),
  vfs_hash: (it) => ({ path: it.at('a.txt') }),
  vfs_history: (it) => ({ path: it.at('w.txt') }),
  vfs_diff: (it) => ({ path: it.at('w.txt'), from_version: it.change }),
  vfs_list_mounts: () => ({}),
  vfs_write: (it) => ({ path: it.at('new.txt'), content: 'new' }),
  vfs_edit: (it) => ({ path: it.at('a.txt'), old_string: 'pepper', new_string: 'sugar' }),
  vfs_mkdir: (it) => ({ path: it.at('made') }),
  vfs_rmdir: (it) => ({ path: it.at('made') }),
  vfs_copy: (it) => ({ from: it.at('a.txt'), to: it.at('copy.txt') }),
  vfs_move: (it) => ({ from: it.at('copy.txt'), to: it.at('moved.txt') }),
  vfs_remove: (it) => ({ path: it.at('gone'), recursive: true }),
  vfs_restore: (it) => ({ path: it.at('w.txt'), version: it.change }),
  vfs_sync_to_ipfs: (it) => ({ path: it.at('folder') }),
  vfs_sync_from_ipfs: (it) => ({ cid: it.cid, path: it.at('synced') }),
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
  ipfs_cat: (it) => ({ cid: `${String(it.cid)}/b.txt` }),
  ipfs_ls: (it) => ({ cid: it.cid }),
  ipfs_id: () => ({}),
  ipfs_version: () => ({}),
  ipfs_pin_add: (it) => ({ cid: it.cid, name: 'folder' }),
  ipfs_pin_ls: () => ({ limit: 1 }),
  ipfs_pin_update: (it) => ({ old_cid: it.cid, new_cid: `${String(it.cid)}/b.txt` }),
  ipfs_pin_rm: (it) => ({ cid: `${String(it.cid)}/b.txt` }),
  ipfs_stats: () => ({}),
  ipfs_get: (it) => ({ cid: it.cid, to: it.at('got') }),
  lassie_fetch: (it) => ({ cid: it.cid, to: it.at('fetched') }),
  lassie_fetch_with_providers: (it) => ({ cid: it.cid, to: it.at('fetched.car'), providers: [`/ip4/127.0.0.1/tcp/9/p2p/${it.stranger}`] }),
  ipfs_cluster_pin: (it) => ({ cid: it.cid, name: 'folder', replication_min: 1, replication_max: 1 }),
  ipfs_cluster_status: () => ({ limit: 1 }),
  ipfs_cluster_peers: () => ({}),
  ipfs_refs: (it) => ({ cid: it.cid }),
  ipfs_refs_local: () => ({ limit: 1 }),
  ipfs_block_stat: (it) => ({ cid: it.cid }),
  ipfs_block_get: (it) => ({ cid: it.cid, length: 10 }),
  ipfs_dag_put: () => ({ value: { salt: true } }),
  ipfs_dag_get: (it) => ({ cid: it.cid }),
  ipfs_swarm_peers: () => ({}),
  ipfs_dht_findpeer: (it) => ({ peer: it.stranger }),
  ipfs_dht_findprovs: (it) => ({ cid: it.cid, num: 1 }),
  ipfs_dht_query: (it) => ({ peer: it.stranger }),
  ipfs_name_publish: (it) => ({ cid: it.cid }),
  ipfs_name_resolve: (it) => ({ name: it.name }),
  ipfs_pubsub_publish: () => ({ topic: 'salt', content: 'pepper' }),
  ipfs_pubsub_subscribe: () => ({ topic: 'salt', timeout_ms: 0 }),
  ipfs_pubsub_peers: () => ({}),
  ipfs_files_mkdir: () => ({ path: '/salt' }),
  ipfs_files_write: () => ({ path: '/salt/f', content: 'pepper' }),
  ipfs_files_ls: () => ({ path: '/salt', limit: 1 }),
  ipfs_files_stat: () => ({ path: '/salt/f' }),
  ipfs_files_read: () => ({ path: '/salt/f', length: 3 }),
  ipfs_files_cp: (it) => ({ from: `/ipfs/${String(it.cid)}`, to: '/salt/folder' }),
  ipfs_files_mv: () => ({ from: '/salt/folder', to: '/salt/moved' }),
  ipfs_files_chcid: () => ({ path: '/salt', cid_version: 0 }),
  ipfs_files_flush: () => ({ path: '/salt' }),
  ipfs_files_rm: () => ({ path: '/salt', recursive: true }),
}

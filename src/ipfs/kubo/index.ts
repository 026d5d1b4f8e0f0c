import type { NetworkMode } from '../types.ts'
import { KuboBlocks } from './blocks.ts'
import type { Endpoint } from './endpoint.ts'
import { KuboGuards } from './guards.ts'
import { KuboKeeps } from './keeps.ts'
import { KuboNode } from './node.ts'
import { KuboRemaking } from './remaking.ts'
import { Rpc } from './rpc.ts'
import { KuboStore } from './store.ts'
import { noCollection } from './upload.ts'

export type { CollectedRepository } from './collect.ts'
export type { Endpoint } from './endpoint.ts'

export interface KuboOptions {
  readonly endpoint: Endpoint
  /** The data folder: what is kept in the daemon is written down there. */
  readonly folder: string
  /** off: the daemon is asked for nothing that it does not have. */
  readonly network: NetworkMode
  /** Names the repository for the journal, as `kubo` or the origin of a URL. */
  readonly repository: string
}

/** Nothing is asked of the daemon before the first call. */
export async function kuboNode({ endpoint, folder, network, repository }: KuboOptions): Promise<KuboNode> {
  const rpc = new Rpc(endpoint)
  const volume = `mfs:${repository}`
  const store = await KuboStore.open(folder, volume)
  const guards = new KuboGuards({ folder, store, collected: (call) => noCollection(rpc, call) })
  const blocks = new KuboBlocks(rpc, network, guards)
  const keeps = new KuboKeeps({ store, rpc, blocks, guard: (call) => guards.open(call) })
  const remaking = new KuboRemaking({ folder, store, keeps })
  const close = async (): Promise<void> => {
    guards[Symbol.dispose]()
    await store[Symbol.asyncDispose]()
  }
  return new KuboNode({ rpc, blocks, keeps, guards, remaking, network, volume, close })
}

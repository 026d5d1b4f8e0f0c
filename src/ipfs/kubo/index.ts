import type { IpfsNode, NetworkMode } from '../types.ts'
import { KuboBlocks } from './blocks.ts'
import type { Endpoint } from './endpoint.ts'
import { KuboKeeps } from './keeps.ts'
import { KuboNode } from './node.ts'
import { Rpc } from './rpc.ts'

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
export async function kuboNode({ endpoint, folder, network, repository }: KuboOptions): Promise<IpfsNode> {
  const rpc = new Rpc(endpoint)
  const blocks = new KuboBlocks(rpc, network)
  const volume = `mfs:${repository}`
  return new KuboNode({ rpc, blocks, keeps: await KuboKeeps.open(folder, volume, rpc, blocks), network, volume })
}

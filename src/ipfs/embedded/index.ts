import type { LocalContent } from '../../content/store.ts'
import type { IpfsNode, NetworkMode } from '../types.ts'
import { NoNetwork } from './network.ts'
import { EmbeddedNode } from './node.ts'
import { type Hold, PeerKey } from './peer-key.ts'
import { NodeState } from './state.ts'

export interface EmbeddedOptions {
  readonly content: LocalContent
  /** The data folder: pins, the root of the mutable tree and the peer's key stand there. */
  readonly folder: string
  readonly network: NetworkMode
  /** Elects the process that is the stable peer; without it this node is a temporary one. */
  readonly hold?: Hold | undefined
}

export async function embeddedNode({ content, folder, hold = () => undefined }: EmbeddedOptions): Promise<IpfsNode> {
  const key = new PeerKey(folder, hold)
  return new EmbeddedNode(content, await NodeState.open(folder), new NoNetwork(key))
}

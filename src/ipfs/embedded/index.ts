import type { LocalContent } from '../../content/store.ts'
import type { IpfsNode, NetworkMode } from '../types.ts'
import { KeyFolder } from './key-folder.ts'
import { NoNetwork } from './network.ts'
import { EmbeddedNode } from './node.ts'
import { Online } from './online.ts'
import { BOOTSTRAP, type Peering, PUBLIC_PEERING } from './peering.ts'
import { PeerKey } from './peer-key.ts'
import { NodeState } from './state.ts'

export interface EmbeddedOptions {
  readonly content: LocalContent
  /** The data folder: pins, the root of the mutable tree and the peer's key stand there. */
  readonly folder: string
  readonly network: NetworkMode
  readonly peering?: Partial<Peering> | undefined
}

export async function embeddedNode({ content: all, folder, network, peering }: EmbeddedOptions): Promise<IpfsNode> {
  const content = all.shown()
  const state = await NodeState.open(folder, content.blocks)
  const key = new PeerKey(folder)
  const keys = new KeyFolder(folder, key)
  if (network === 'off') return new EmbeddedNode(content, state, new NoNetwork(key), keys)
  const known = { ...PUBLIC_PEERING, ...(network === 'node' && { peers: BOOTSTRAP }), ...peering }
  return new EmbeddedNode(content, state, new Online({ mode: network, content, state, key, peering: known }), keys)
}

import type { CID } from 'multiformats/cid'
import type { Call } from '../core/backend.ts'
import { isBlockOf } from '../ipfs/block.ts'
import type { BlockPeer } from '../ipfs/network-types.ts'
import { reaching } from '../ipfs/reaching.ts'
import type { IpfsNode } from '../ipfs/types.ts'
import type { Named } from './named.ts'
import type { Provider } from './providers.ts'
import { type Delivery, LOCAL, type Source } from './types.ts'

const AHEAD = 16
const EMPTY = new Uint8Array(0)
const CONNECT_MS = 15_000
const BLOCK_MS = 30_000

/** What is on this machine, and all else from another source. */
export class LocalFirst implements Source {
  readonly ahead: number
  readonly #node: Pick<IpfsNode, 'blocks'>
  readonly #others: Source

  constructor(node: Pick<IpfsNode, 'blocks'>, others: Source) {
    this.#node = node
    this.#others = others
    this.ahead = others.ahead
  }

  async get(cid: CID, call?: Call): Promise<Delivery> {
    if (isBlockOf(cid, EMPTY)) return { bytes: EMPTY, from: LOCAL } // everybody knows it, and bitswap peers do not deliver it
    const name = cid.toString()
    if (!(await this.#node.blocks.has(name, call))) return this.#others.get(cid, call)
    return { bytes: await this.#node.blocks.get(name, call), from: LOCAL }
  }

  end(): Promise<void> {
    return this.#others.end()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve(this.#others[Symbol.asyncDispose]())
  }
}

/** Whoever the node finds: by its peers, its gateways and its routing. */
export const anybody = ({ blocks }: Pick<IpfsNode, 'blocks'>): Source => ({
  ahead: AHEAD,
  get: async (cid, call) => ({ bytes: await blocks.get(cid.toString(), call) }),
  end: async () => {},
  [Symbol.asyncDispose]: async () => {},
})

/** A peer of the node, connected to when it is first asked. */
export function peerProvider({ address, dial }: Named, { swarm }: Pick<IpfsNode, 'swarm'>): Provider {
  let connecting: Promise<BlockPeer> | undefined
  const get: Provider['get'] = async (cid, call = {}) => {
    const peer = await (connecting ??= swarm.blocksOf(dial, { timeoutMs: CONNECT_MS }))
    const bytes = await reaching('block', { ...call, timeoutMs: BLOCK_MS }, (signal) => peer.get(cid, { signal }))
    return { bytes, ...(peer.alone && { from: address }) }
  }
  return { address, get }
}

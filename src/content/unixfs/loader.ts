import { LRUCache } from 'lru-cache'
import type { CID } from 'multiformats/cid'
import type { Call } from '../../core/backend.ts'
import type { Reading } from '../blocks/blocks.ts'
import { decode, type Encoded, inlined, textOf, type FolderNode, type UnixfsNode } from './codec.ts'

/** A block's verified bytes. */
export type GetBlock = (cid: CID, call?: Call & Reading) => Promise<Uint8Array>
export type LoadNode = (cid: CID, call?: Call & Reading) => Promise<UnixfsNode>

const KEPT_BYTES = 4 << 20 // of blocks; decoded they take some five times as much

/** Nodes of the blocks that `get` gives. Folders, which every path goes through, are kept for a while: a CID never changes its meaning. */
export class Nodes {
  readonly get: GetBlock
  readonly #folders = new LRUCache<string, FolderNode>({ maxSize: KEPT_BYTES })

  constructor(get: GetBlock) {
    this.get = get
  }

  readonly load: LoadNode = async (cid, call) => {
    const kept = this.#folders.get(textOf(cid))
    if (kept) return kept
    const block = inlined(cid) ?? (await this.get(cid, call))
    const node = decode(cid, block)
    if (node.kind === 'directory') this.#keep(cid, node)
    return node
  }

  /** What was made here need not be decoded. */
  made({ cid, node }: Encoded): void {
    if (node) this.#keep(cid, node)
  }

  #keep(cid: CID, node: FolderNode): void {
    this.#folders.set(textOf(cid), node, { size: node.blockBytes + 1 })
  }
}

export const loader = (get: GetBlock): LoadNode => new Nodes(get).load

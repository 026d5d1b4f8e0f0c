import { LRUCache } from 'lru-cache'
import type { CID } from 'multiformats/cid'
import type { Call } from '../../core/backend.ts'
import type { Reading } from '../blocks/blocks.ts'
import { decode, inlined, textOf, type FolderNode, type UnixfsNode } from './codec.ts'

/** A block's verified bytes. */
export type GetBlock = (cid: CID, call?: Call & Reading) => Promise<Uint8Array>
export type LoadNode = (cid: CID, call?: Call & Reading) => Promise<UnixfsNode>

const KEPT_BYTES = 4 << 20 // of blocks; decoded they take some five times as much

/** Decodes what `get` gives. Folders, which every path goes through, are kept for a while: a CID never changes its meaning. */
export function loader(get: GetBlock): LoadNode {
  const folders = new LRUCache<string, FolderNode>({ maxSize: KEPT_BYTES })
  return async (cid, call) => {
    const key = textOf(cid)
    const kept = folders.get(key)
    if (kept) return kept
    const block = inlined(cid) ?? (await get(cid, call))
    const node = decode(cid, block)
    if (node.kind === 'directory') folders.set(key, node, { size: block.length + 1 })
    return node
  }
}

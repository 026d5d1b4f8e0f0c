import type { CID } from 'multiformats/cid'
import { canLink, CODECS, decodeBlock, linksOf } from '../content/dag/index.ts'
import { decode, type FolderNode, RAW, type UnixfsNode } from '../content/unixfs/codec.ts'
import { asFolder, towards } from '../content/unixfs/folder-reader.ts'
import { overlapping } from '../content/unixfs/file-reader.ts'
import { prefixLength } from '../content/unixfs/hamt.ts'
import { isCode, VfsError } from '../core/error.ts'
import { inside, wholeBlock } from '../ipfs/dag/resolve.ts'
import type { Wanted } from './types.ts'

/** Why a block is wanted, which says what is wanted below it. */
export type Reason =
  | { readonly kind: 'path'; readonly names: readonly string[]; readonly level: number }
  | { readonly kind: 'block' | 'entity' | 'shard' | 'all' }
  /** Bytes of a file, by offsets inside the node. */
  | { readonly kind: 'part'; readonly from: number; readonly to: number; readonly depth: number }

const MAX_DEPTH = 32 // 1024 links a node: far beyond any real file

export interface Step {
  readonly cid: CID
  readonly reason: Reason
}

/** Where a walk begins. */
export const firstStep = (wanted: Wanted): Step => stepAt(wanted.root, wanted.names, wanted)

/** What a block leads to, in the order of a walk. Rejects NOT_FOUND, NOT_DIRECTORY, NOT_UNIXFS, INVALID_BLOCK, INVALID_ARGUMENT for a path that ends inside a block. */
export async function stepsBelow({ cid, reason }: Step, block: Uint8Array, wanted: Wanted): Promise<Step[]> {
  if (reason.kind === 'path') return [await onPath(cid, block, reason, wanted)]
  if (reason.kind === 'all') return canLink(cid) ? all(await linksOf(cid, block)) : []
  if (reason.kind === 'entity') return ofEntity(cid, block, wanted)
  if (reason.kind === 'shard') return shardsOf(asFolder(decode(cid, block)))
  return reason.kind === 'part' ? ofPart(decode(cid, block), reason) : []
}

const stepAt = (cid: CID, names: readonly string[], { scope }: Wanted): Step =>
  names.length > 0 ? { cid, reason: { kind: 'path', names, level: 0 } } : { cid, reason: { kind: scope } }

const all = (links: readonly CID[]): Step[] => links.map((cid) => ({ cid, reason: { kind: 'all' } }))

async function onPath(cid: CID, block: Uint8Array, { names, level }: Extract<Reason, { kind: 'path' }>, wanted: Wanted): Promise<Step> {
  const [name = '', ...rest] = names
  if (cid.code === RAW) throw noFolder(cid, name)
  const node = unixfs(cid, block)
  if (!node) {
    const step = inside(cid, await decodeBlock(cid, block), names)
    return stepAt(wholeBlock(step.at), step.rest, wanted)
  }
  if (node.kind !== 'directory') throw noFolder(cid, name)
  const step = await towards(node, name, level)
  if (!step) throw new VfsError('NOT_FOUND', `there is no ${JSON.stringify(name.slice(0, 200))} in ${cid.toString()}`)
  return step.shard ? { cid: step.link.cid, reason: { kind: 'path', names, level: level + 1 } } : stepAt(step.link.cid, rest, wanted)
}

/** Of a file its parts, of a sharded folder its shards; any other block stands for itself. */
function ofEntity(cid: CID, block: Uint8Array, { part }: Wanted): Step[] {
  const node = unixfs(cid, block)
  if (node?.kind === 'directory') return shardsOf(node)
  if (node?.kind !== 'file') return []
  if (!part) return all(node.links.map((link) => link.cid))
  return ofPart(node, { from: part.offset, to: part.offset + (part.length ?? Infinity), depth: 0 })
}

const shardsOf = ({ fanout, links }: FolderNode): Step[] =>
  fanout === undefined ? [] : links.filter(({ name }) => name.length === prefixLength(fanout)).map(({ cid }) => ({ cid, reason: { kind: 'shard' } }))

function ofPart(node: UnixfsNode, { from, to, depth }: Omit<Extract<Reason, { kind: 'part' }>, 'kind'>): Step[] {
  if (node.kind !== 'file') throw new VfsError('NOT_UNIXFS', 'a part of the file is not a file')
  if (depth > MAX_DEPTH) throw new VfsError('NOT_UNIXFS', 'the file is nested too deeply')
  const children = [...overlapping(node, { from, to: Math.min(to, node.size) })]
  return children.map((child) => {
    const isWhole = child.from === 0 && child.to >= child.size
    return { cid: child.link.cid, reason: isWhole ? { kind: 'all' } : { kind: 'part', from: child.from, to: child.to, depth: depth + 1 } }
  })
}

/** undefined for a block of anything else. */
function unixfs(cid: CID, block: Uint8Array): UnixfsNode | undefined {
  if (cid.code !== RAW && cid.code !== CODECS['dag-pb']) return undefined
  try {
    return decode(cid, block)
  } catch (error) {
    if (isCode(error, 'NOT_UNIXFS')) return undefined
    throw error
  }
}

const noFolder = (cid: CID, name: string): VfsError =>
  new VfsError('NOT_DIRECTORY', `${cid.toString()} is no folder; there is no ${JSON.stringify(name.slice(0, 200))} in it`)

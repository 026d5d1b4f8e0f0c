import type { Call } from '../../core/backend.ts'
import { throwIfAborted, VfsError } from '../../core/error.ts'
import { type FolderNode, type Link, textOf, type UnixfsNode } from './codec.ts'
import { nameHash, prefix, prefixLength, slot } from './hamt.ts'
import type { LoadNode } from './loader.ts'
import { prefetch } from './prefetch.ts'

const AHEAD = 16
const MAX_DEPTH = 64 // all bits of a name's hash

/** Every child of a folder, as many at once as there are in a block; of a sharded one in no order. */
export function children(load: LoadNode, node: FolderNode, call: Call = {}): AsyncIterable<readonly Link[]> | readonly (readonly Link[])[] {
  return node.fanout === undefined ? [node.links] : shardChildren({ ...call, load, met: new Set() }, node, node.fanout, 0)
}

interface Source extends Call {
  readonly load: LoadNode
  /** Shards of this folder. */
  readonly met: Set<string>
}

async function* shardChildren(source: Source, node: FolderNode, fanout: number, level: number): AsyncGenerator<readonly Link[]> {
  if (level > MAX_DEPTH) throw new VfsError('NOT_UNIXFS', 'the folder is nested too deeply')
  const skip = prefixLength(fanout)
  const isShard = ({ name }: Link): boolean => name.length === skip
  yield node.links.flatMap((link) => (isShard(link) ? [] : { ...link, name: link.name.slice(skip) }))
  for await (const [{ cid }, loaded] of prefetch(node.links.filter(isShard), AHEAD, (link) => source.load(link.cid, source))) {
    throwIfAborted(source.signal, 'list')
    meet(source, textOf(cid))
    const inner = asFolder(loaded)
    yield* shardChildren(source, inner, inner.fanout ?? fanout, level + 1)
  }
}

/** Names stand where their hashes say, so no shard can be right at two places: and a few that are would hold names without number. */
function meet({ met }: Source, shard: string): void {
  if (met.has(shard)) throw new VfsError('NOT_UNIXFS', 'a part of the folder stands in it twice')
  met.add(shard)
}

export async function child(load: LoadNode, node: FolderNode, name: string, call: Call = {}): Promise<Link | undefined> {
  let folder = node
  for (let level = 0; ; level++) {
    const step = await towards(folder, name, level)
    if (!step?.shard) return step?.link
    folder = asFolder(await load(step.link.cid, call))
  }
}

/** Where a name leads from a folder, or from a shard of one at this level: to a deeper shard, or to the child itself. */
export async function towards(node: FolderNode, name: string, level: number): Promise<{ readonly link: Link; readonly shard: boolean } | undefined> {
  if (node.fanout === undefined) return found(node.links.find((link) => link.name === name))
  const start = prefix(slot(await nameHash(name), level, Math.log2(node.fanout)), node.fanout)
  const link = node.links.find((one) => one.name.startsWith(start))
  if (link?.name === start) return { link, shard: true }
  return found(link?.name === start + name ? { ...link, name } : undefined)
}

const found = (link: Link | undefined) => link && { link, shard: false }

/** Rejects NOT_UNIXFS for what should be a shard. */
export function asFolder(node: UnixfsNode): FolderNode {
  if (node.kind === 'directory') return node
  throw new VfsError('NOT_UNIXFS', 'a part of the folder is not a folder')
}

import type { Call } from '../../core/backend.ts'
import { throwIfAborted, VfsError } from '../../core/error.ts'
import type { FolderNode, Link, UnixfsNode } from './codec.ts'
import { nameHash, prefix, prefixLength, slot } from './hamt.ts'
import type { LoadNode } from './loader.ts'
import { prefetch } from './prefetch.ts'

const AHEAD = 16
const MAX_DEPTH = 64 // all bits of a name's hash

/** Every child of a folder; of a sharded one in the order of the names' hashes. */
export function children(load: LoadNode, node: FolderNode, call: Call = {}): AsyncIterable<Link> | readonly Link[] {
  return node.fanout === undefined ? node.links : shardChildren({ ...call, load }, node, node.fanout, 0)
}

async function* shardChildren(source: Call & { readonly load: LoadNode }, node: FolderNode, fanout: number, level: number): AsyncGenerator<Link> {
  if (level > MAX_DEPTH) throw new VfsError('NOT_UNIXFS', 'the folder is nested too deeply')
  const skip = prefixLength(fanout)
  const isShard = ({ name }: Link): boolean => name.length === skip
  for (const link of node.links) if (!isShard(link)) yield { ...link, name: link.name.slice(skip) }
  for await (const [, loaded] of prefetch(node.links.filter(isShard), AHEAD, ({ cid }) => source.load(cid, source))) {
    throwIfAborted(source.signal, 'list')
    const inner = asFolder(loaded)
    yield* shardChildren(source, inner, inner.fanout ?? fanout, level + 1)
  }
}

export async function child(load: LoadNode, node: FolderNode, name: string, call: Call = {}): Promise<Link | undefined> {
  if (node.fanout === undefined) return node.links.find((link) => link.name === name)
  const hash = await nameHash(name)
  let shard = node
  for (let level = 0; ; level++) {
    const fanout = shard.fanout ?? 0
    const start = prefix(slot(hash, level, Math.log2(fanout)), fanout)
    const link = shard.links.find((one) => one.name.startsWith(start))
    if (!link || link.name.length > start.length) return link?.name === start + name ? { ...link, name } : undefined
    shard = asFolder(await load(link.cid, call))
  }
}

function asFolder(node: UnixfsNode): FolderNode {
  if (node.kind === 'directory') return node
  throw new VfsError('NOT_UNIXFS', 'a part of the folder is not a folder')
}

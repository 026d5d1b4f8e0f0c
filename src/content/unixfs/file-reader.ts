import type { Bytes, Call, Range } from '../../core/backend.ts'
import { throwIfAborted, VfsError } from '../../core/error.ts'
import { Spares } from '../blocks/spares.ts'
import { type FileNode, type Link, RAW, type UnixfsNode } from './codec.ts'
import type { LoadNode } from './loader.ts'
import { prefetch } from './prefetch.ts'

const AHEAD = 8 // leaves of 1 MiB in memory at once
const MAX_DEPTH = 32 // 1024 links a node: far beyond any real file

/** The part of a file below one node that a range asks for, by offsets inside that node. */
export interface Wanted {
  readonly from: number
  readonly to: number
}

interface Source extends Call {
  readonly load: LoadNode
  /** For leaves that are nothing but content: what else is read of a block may be needed longer. */
  readonly spares: Spares | undefined
}

export function readFile(load: LoadNode, root: FileNode, { offset = 0, length = Infinity, reuse, signal }: Call & Range = {}): Bytes {
  return readNode({ load, signal, spares: reuse ? new Spares() : undefined }, root, { from: offset, to: Math.min(offset + length, root.size) }, 0)
}

async function* readNode(source: Source, node: FileNode, wanted: Wanted, depth: number): Bytes {
  if (depth > MAX_DEPTH) throw new VfsError('NOT_UNIXFS', 'the file is nested too deeply')
  const own = node.data.subarray(wanted.from, Math.max(wanted.to, 0))
  if (own.length > 0) yield own
  const children = [...overlapping(node, wanted)]
  const load = ({ link: { cid } }: { readonly link: Link }): Promise<UnixfsNode> => source.load(cid, cid.code === RAW ? source : { signal: source.signal })
  for await (const [child, inner] of prefetch(children, AHEAD, load)) {
    throwIfAborted(source.signal, 'read')
    if (inner.kind !== 'file' || inner.size !== child.size) throw new VfsError('NOT_UNIXFS', 'a part of the file is not what the file says')
    yield* readNode(source, inner, child, depth + 1)
    source.spares?.back(inner.data)
  }
}

/** The children of a node that hold some of it. */
export function* overlapping({ data, links, sizes }: FileNode, { from, to }: Wanted): Generator<Wanted & { readonly link: Link; readonly size: number }> {
  let start = data.length
  for (const [index, link] of links.entries()) {
    const size = sizes[index] ?? 0
    if (start < to && start + size > from) yield { link, size, from: Math.max(from - start, 0), to: to - start }
    start += size
  }
}

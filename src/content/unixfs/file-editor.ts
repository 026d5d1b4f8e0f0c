import type { CID } from 'multiformats/cid'
import type { Bytes, Call } from '../../core/backend.ts'
import { LEAF_BYTES } from '../../core/cid.ts'
import { throwIfAborted, VfsError } from '../../core/error.ts'
import type { Metadata, Node } from '../types.ts'
import { type FileNode, parseCid, RAW } from './codec.ts'
import { buildFile, type File, FileBuilder, leaves } from './file-builder.ts'
import { readFile } from './file-reader.ts'
import { nodeOf, type Sink } from './import.ts'
import type { LoadNode } from './loader.ts'
import { V1 } from './profile.ts'

const MAX_HOLE = 1 << 30
const EMPTY: FileNode = { kind: 'file', size: 0, data: new Uint8Array(0), links: [], sizes: [], meta: {}, blockBytes: 0 }
const ZEROS = Buffer.alloc(LEAF_BYTES)

interface Leaf {
  readonly cid: CID
  readonly size: number
}

export interface Patch extends Call {
  readonly load: LoadNode
  readonly sink: Sink
  readonly offset: number
}

/**
 * A file (null: an empty one) with `content` written over it from `offset`; a hole before that is zeros. Its CID is the one
 * that adding the changed file anew would give, but where the leaves are those of our profile only the touched ones are
 * read and hashed.
 */
export async function patchFile(cid: string | null, content: Bytes, patch: Patch): Promise<Node> {
  const file = cid === null ? EMPTY : await loadFile(cid, patch)
  if (patch.offset - file.size > MAX_HOLE)
    throw new VfsError('INVALID_ARGUMENT', `the file has ${file.size} bytes; offset ${patch.offset} would leave a hole of more than 1 GiB`)
  const meta = touched(file.meta)
  const built = (await isOurs(file, patch)) ? await patchLeaves(file, content, patch, meta) : await patchWhole(file, content, patch, meta)
  await patch.sink.commit()
  return nodeOf(built, meta)
}

/** A file that says when it was changed says so again. */
const touched = ({ mode, modified }: Metadata): Metadata => ({ ...(mode !== undefined && { mode }), ...(modified && { modified: new Date() }) })

const patchWhole = (file: FileNode, content: Bytes, patch: Patch, meta: Metadata): Promise<File> =>
  buildFile(patched(file, content, patch, { from: 0, to: () => file.size }), patch.sink.save, { signal: patch.signal, ...meta })

async function loadFile(cid: string, { load, signal }: Patch): Promise<FileNode> {
  const parsed = parseCid(cid)
  const node = await load(parsed, { signal })
  if (node.kind !== 'file') throw new VfsError('IS_DIRECTORY', `${cid} is no file`)
  // A raw leaf has no links: as a file over itself it looks like all others.
  return parsed.code === RAW ? { ...node, data: ZEROS.subarray(0, 0), links: [{ name: '', cid: parsed, tsize: node.size }], sizes: [node.size] } : node
}

/** Leaves before and after stay as they are; what is between is cut anew. */
async function patchLeaves(file: FileNode, content: Bytes, patch: Patch, meta: Metadata): Promise<File> {
  const builder = new FileBuilder(patch.sink.save, V1, meta)
  const from = floor(Math.min(patch.offset, file.size))
  for await (const { cid, size } of leavesOf(file, patch, 0, from)) await builder.known(cid, size)
  const between = { from, to: (end: number) => Math.min(file.size, ceil(end)) }
  let end = from
  for await (const leaf of leaves(patched(file, content, patch, between), builder)) {
    throwIfAborted(patch.signal, 'write')
    if (leaf.length > 0 || file.size === 0) await builder.leaf(leaf)
    end += leaf.length
  }
  for await (const { cid, size } of leavesOf(file, patch, end, file.size)) await builder.known(cid, size)
  return builder.finish()
}

/** The bytes of a span of the changed file: it begins before the patch, and ends where `to` says when the patch has ended. */
async function* patched(file: FileNode, content: Bytes, { load, offset, signal }: Patch, span: { from: number; to: (end: number) => number }): Bytes {
  const old = (from: number, to: number): Bytes => readFile(load, file, { offset: from, length: Math.max(to - from, 0), reuse: true, signal })
  yield* old(span.from, offset)
  for (let hole = offset - Math.max(file.size, span.from); hole > 0; hole -= ZEROS.length) yield ZEROS.subarray(0, Math.min(hole, ZEROS.length))
  let end = offset
  for await (const part of content) {
    yield part
    end += part.length
  }
  yield* old(end, span.to(end))
}

const floor = (at: number): number => at - (at % LEAF_BYTES)
const ceil = (at: number): number => floor(at + LEAF_BYTES - 1)

/** True if every leaf is raw and as long as our profile cuts it. */
async function isOurs(file: FileNode, patch: Patch): Promise<boolean> {
  let at = 0
  for await (const { cid, size } of leavesOf(file, patch, 0, Infinity)) {
    at += size
    if (cid.code !== RAW || size !== Math.min(LEAF_BYTES, file.size - (at - size))) return false
  }
  return at === file.size
}

/** The leaves of a range that begins where one of them does; only inner nodes are loaded. */
async function* leavesOf(file: FileNode, patch: Patch, from: number, to: number): AsyncGenerator<Leaf> {
  let at = 0
  for (const [index, { cid }] of file.links.entries()) {
    const size = file.sizes[index] ?? 0
    const [start, end] = [at, (at += size)]
    if (start >= to || (end <= from && size > 0)) continue
    const inner = cid.code === RAW ? undefined : await patch.load(cid, patch)
    if (inner?.kind === 'file' && inner.links.length > 0) yield* leavesOf(inner, patch, from - start, to - start)
    else yield { cid, size }
  }
}

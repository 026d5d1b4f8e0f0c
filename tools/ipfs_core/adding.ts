import type { Bytes } from '../../src/core/backend.ts'
import { VfsError } from '../../src/core/error.ts'
import { below, name, staysBelow, type VfsPath } from '../../src/core/path.ts'
import type { AddOptions, NamedNode, Node, Source } from '../../src/content/types.ts'
import type { IpfsNode } from '../../src/ipfs/types.ts'
import { Failures } from '../../src/vfs/transfer/failures.ts'
import type { LeftOut, Vfs, VfsCall } from '../../src/vfs/types.ts'
import { type ContentInput, contentOf, streamOf } from '../content.ts'

const MAX_ENTRIES = 100

export interface AddInput extends ContentInput {
  readonly name?: string | undefined
  readonly wrap_with_directory: boolean
}

export interface Added {
  readonly root: Pick<Node, 'cid' | 'size'>
  /** Of a CAR, all of them. */
  readonly roots?: readonly string[] | undefined
  /** The first of them. */
  readonly entries: readonly NamedNode[]
  readonly total: number
  /** Symbolic links that lead out of the folder, which are left out. */
  readonly skipped: number
  readonly leftOut?: LeftOut | undefined
}

/** Adds what the input names: a text, bytes, a file or a whole folder of the VFS. */
export async function addContent(node: IpfsNode, vfs: Vfs, input: AddInput, options: VfsCall & AddOptions): Promise<Added> {
  const { from } = input
  if (from !== undefined && (await vfs.stat(from, options)).kind === 'directory') return addFolder(node, vfs, from, input, options)
  const content = streamOf(await contentOf(input, vfs, options))
  if (input.wrap_with_directory) return addAll(node, single(wrapName(input), content), options)
  return { root: await node.add(content, options), entries: [], total: 0, skipped: 0 }
}

async function addFolder(node: IpfsNode, vfs: Vfs, from: VfsPath, input: AddInput, options: VfsCall & AddOptions): Promise<Added> {
  if (input.content !== undefined || input.content_base64 !== undefined)
    throw new VfsError('INVALID_ARGUMENT', 'give exactly one of content, content_base64 and from')
  const count = { skipped: 0, leftOut: new Failures() }
  const prefix = input.wrap_with_directory ? `${wrapName(input)}/` : ''
  const added = await addAll(node, filesBelow(vfs, from, prefix, options, count), options)
  return { ...added, ...count }
}

async function addAll(node: IpfsNode, sources: AsyncIterable<Source>, options: AddOptions): Promise<Added> {
  const entries: NamedNode[] = []
  let total = -1 // the root is not its own entry
  let root: Node | undefined
  for await (const entry of node.addTree(sources, options)) {
    total++
    root = entry
    if (entry.name !== '' && entries.length < MAX_ENTRIES) entries.push(entry)
  }
  if (!root) throw new VfsError('INTERNAL', 'the tree came to no root')
  return { root, entries, total, skipped: 0 }
}

/** Everything, also what .gitignore hides: the result is the folder as it is. */
async function* filesBelow(
  vfs: Vfs,
  from: VfsPath,
  prefix: string,
  call: VfsCall,
  count: { skipped: number; readonly leftOut: Failures },
): AsyncGenerator<Source> {
  if (prefix !== '') yield { path: prefix.slice(0, -1) }
  const { onSpecial, onPathless } = count.leftOut
  await vfs.requireFinite(from, call)
  for await (const { path, kind, target } of vfs.walk(from, { actor: call.actor, signal: call.signal, ignored: true, onSpecial, onPathless })) {
    const inside = below(from, path).slice(1)
    const relative = prefix + inside
    if (kind === 'link' && target !== undefined && staysBelow(inside, target)) yield { path: relative, target }
    else if (kind === 'link') count.skipped++
    else yield kind === 'directory' ? { path: relative } : { path: relative, content: contentAt(vfs, path, call) }
  }
}

async function* contentAt(vfs: Vfs, path: VfsPath, { actor, signal }: VfsCall): Bytes {
  yield* (await vfs.open(path, { actor, signal })).read({ reuse: true })
}

async function* single(path: string, content: Bytes): AsyncGenerator<Source> {
  yield { path, content }
}

const wrapName = ({ name: given, from }: AddInput): string => given ?? (from === undefined || from === '/' ? 'file' : name(from))

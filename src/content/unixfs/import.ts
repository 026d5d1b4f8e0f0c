import type { Bytes } from '../../core/backend.ts'
import { Spares } from '../blocks/spares.ts'
import type { AddOptions, NamedNode, Node, Source } from '../types.ts'
import { parseCid, textOf } from './codec.ts'
import { buildFile, type BuildOptions, type File, type Save } from './file-builder.ts'
import { inFlight } from './prefetch.ts'
import { PROFILES } from './profile.ts'
import { TreeBuilder } from './tree.ts'

/** Where the blocks of an import go. */
export interface Sink {
  readonly save: Save
  /** All that was saved is durable when it resolves. */
  commit(): Promise<void>
}

export async function importFile(content: Bytes, sink: Sink, options: AddOptions = {}): Promise<Node> {
  const file = await buildFile(content, sink.save, options)
  await sink.commit()
  return nodeOf(file, options)
}

const AT_ONCE = 8 // files; with more, one disk is no faster

/** Yields every entry as it gets its CID; the folders, the root last, when all is durable. Several files are read at once. */
export async function* importTree(sources: AsyncIterable<Source>, sink: Sink, options: AddOptions = {}): AsyncGenerator<NamedNode> {
  const { profile = 'unixfs-v1-2025', folders } = options
  const tree = new TreeBuilder(sink.save, { profile: PROFILES[profile], folders })
  const counted = counter(options)
  const spares = new Spares(SharedArrayBuffer)
  const adding = inFlight(sources, AT_ONCE, (source) => addOne(source, tree, sink.save, { ...options, onProgress: counted(), spares }))
  for await (const node of adding) if (node) yield node
  const built = await Array.fromAsync(tree.folders())
  await sink.commit()
  yield* built
}

/** Of each file its own count goes in, and the sum of all goes out. */
function counter({ onProgress }: AddOptions): () => (bytes: number) => void {
  let all = 0
  return () => {
    let known = 0
    return (bytes) => {
      all += bytes - known
      known = bytes
      onProgress?.(all)
    }
  }
}

/** undefined for a folder, which is built when all that lies in it is there. */
async function addOne({ path, content, built, target, mode, modified }: Source, tree: TreeBuilder, save: Save, options: BuildOptions) {
  const meta = { ...(mode !== undefined && { mode }), ...(modified && { modified }) }
  if (target !== undefined) return tree.link(path, target, meta)
  if (built) tree.add(path, { name: '', cid: parseCid(built.cid), tsize: built.tsize })
  if (built) return { links: 0, ...built, name: path }
  if (!content) return tree.folder(path, meta)
  const file = await buildFile(content, save, { ...options, ...meta })
  tree.add(path, file)
  return { name: path, ...nodeOf(file, meta) }
}

export const nodeOf = ({ cid, size, tsize, links }: File, { mode, modified }: Pick<Source, 'mode' | 'modified'>): Node => ({
  cid: textOf(cid),
  kind: 'file',
  size,
  tsize,
  links,
  ...(mode !== undefined && { mode }),
  ...(modified && { modified }),
})

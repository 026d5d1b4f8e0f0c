import type { Bytes } from '../../core/backend.ts'
import type { AddOptions, NamedNode, Node, Source } from '../types.ts'
import { buildFile, type Save } from './file-builder.ts'
import { TreeBuilder } from './tree.ts'

/** Where the blocks of an import go. */
export interface Sink {
  readonly save: Save
  /** All that was saved is durable when it resolves. */
  commit(): Promise<void>
}

export async function importFile(content: Bytes, sink: Sink, options: AddOptions = {}): Promise<Node> {
  const { cid, size } = await buildFile(content, sink.save, options)
  await sink.commit()
  return { cid: cid.toString(), kind: 'file', size }
}

/** Yields every entry as it gets its CID; the folders, the root last, when all is durable. */
export async function* importTree(sources: AsyncIterable<Source>, sink: Sink, options: AddOptions = {}): AsyncGenerator<NamedNode> {
  const tree = new TreeBuilder(sink.save)
  let done = 0
  const onProgress = (bytes: number): void => options.onProgress?.(done + bytes)
  for await (const { path, content } of sources) {
    const built = content && (await buildFile(content, sink.save, { ...options, onProgress }))
    tree.add(path, built)
    if (!built) continue
    done += built.size
    yield { name: path, cid: built.cid.toString(), kind: 'file', size: built.size }
  }
  const folders = await Array.fromAsync(tree.folders())
  await sink.commit()
  yield* folders
}

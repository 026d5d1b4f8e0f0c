import type { Call, Precondition, Stat, Trash } from '../../src/core/backend.ts'
import { isCode } from '../../src/core/error.ts'
import { join, ROOT, type VfsPath } from '../../src/core/path.ts'
import type { Tree } from './tree.ts'
import { refusal, type View } from './view.ts'

/** A folder of our own in the same remote: what goes there stays in the storage. */
export class RcloneTrash implements Trash {
  readonly contents: View
  readonly #tree: Tree
  readonly #kept: Tree

  constructor(tree: Tree, kept: Tree) {
    this.contents = kept.view
    this.#tree = tree
    this.#kept = kept
  }

  /** A file, or an empty folder: not every storage moves more than that in one step. */
  async put(path: VfsPath, id: string, options: Call & Precondition = {}): Promise<Stat> {
    if (path === '/') throw refusal('INVALID_ARGUMENT', 'remove', path, 'is the root')
    return this.#tree.transfer(
      this.#tree.steps(path),
      { how: 'move', target: this.#kept, from: path, to: join(ROOT, id) },
      { signal: options.signal, going: options.going, ifMatch: options.ifMatch },
    )
  }

  back(id: string, path: VfsPath, call: Call = {}): Promise<Stat> {
    return this.#kept.transfer(this.#tree.steps(path), { how: 'move', target: this.#tree, from: join(ROOT, id), to: path }, call)
  }

  keep(path: VfsPath, id: string, call: Call = {}): Promise<Stat> {
    return this.#tree.transfer(this.#tree.steps(path), { how: 'copy', target: this.#kept, from: path, to: join(ROOT, id) }, call)
  }

  async drop(id: string, call: Call = {}): Promise<void> {
    try {
      await this.#kept.remove(join(ROOT, id), { signal: call.signal, recursive: true })
    } catch (error) {
      if (!isCode(error, 'NOT_FOUND')) throw error
    }
  }
}

import type { Call, Precondition, Stat, Trash } from '../../src/core/backend.ts'
import { throwIfAborted } from '../../src/core/error.ts'
import { name, vfsPath, type VfsPath } from '../../src/core/path.ts'
import { attach, Folder, get, holder, type Node, refusal, statOf, weigh } from './tree.ts'
import { View } from './view.ts'

/** A second tree beside the served one; nodes move between the two. */
export class MemoryTrash implements Trash {
  readonly #served: Folder
  readonly #kept = new Folder('trash')
  readonly #grow: (bytes: number) => void
  readonly contents: View

  constructor(served: Folder, grow: (bytes: number) => void) {
    this.#served = served
    this.#grow = grow
    this.contents = new View(() => this.#kept)
  }

  async put(path: VfsPath, id: string, options: Call & Precondition = {}): Promise<Stat> {
    throwIfAborted(options.signal, 'remove')
    if (path === '/') throw refusal('INVALID_ARGUMENT', 'remove', path, 'is the root')
    const node = get(this.#served, 'remove', path)
    new View(() => this.#served).check('remove', path, options)
    attach(this.#kept, 'remove', vfsPath(`/${id}`), node)
    holder(this.#served, 'remove', path).delete(name(path))
    return statOf(node)
  }

  async back(id: string, path: VfsPath, call: Call = {}): Promise<Stat> {
    throwIfAborted(call.signal, 'restore')
    const node = this.#node(id)
    if (!node) throw refusal('NOT_FOUND', 'restore', path, `has nothing kept under ${id}`)
    attach(this.#served, 'restore', path, node)
    this.#kept.delete(id)
    return statOf(node)
  }

  async keep(path: VfsPath, id: string, call: Call = {}): Promise<Stat> {
    throwIfAborted(call.signal, 'keep')
    const node = get(this.#served, 'keep', path)
    if (node.kind === 'directory') throw refusal('IS_DIRECTORY', 'keep', path, 'is a folder')
    attach(this.#kept, 'keep', vfsPath(`/${id}`), node)
    try {
      this.#grow(weigh(node))
    } catch (error) {
      this.#kept.delete(id)
      throw error
    }
    return statOf(node)
  }

  async drop(id: string, call: Call = {}): Promise<void> {
    throwIfAborted(call.signal, 'drop')
    const node = this.#node(id)
    if (!node) return
    this.#kept.delete(id)
    this.#grow(-weigh(node))
  }

  #node(id: string): Node | undefined {
    return this.#kept.get(id)
  }
}

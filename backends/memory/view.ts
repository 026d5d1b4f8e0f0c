import type { Bytes, Call, Entry, ListOptions, Precondition, Range, Stat } from '../../src/core/backend.ts'
import { throwIfAborted } from '../../src/core/error.ts'
import { compareNames, type VfsPath } from '../../src/core/path.ts'
import { slices } from './blocks.ts'
import { type Folder, find, get, refusal, statOf } from './tree.ts'

/** Reading of a tree in memory: the backend's own, and its trash. */
export class View {
  readonly #root: () => Folder

  constructor(root: () => Folder) {
    this.#root = root
  }

  async stat(path: VfsPath, call: Call = {}): Promise<Stat> {
    throwIfAborted(call.signal, 'stat')
    return statOf(get(this.#root(), 'stat', path))
  }

  async *list(path: VfsPath, { after, details = false, signal }: ListOptions = {}): AsyncIterable<Entry> {
    throwIfAborted(signal, 'list')
    const folder = get(this.#root(), 'list', path)
    if (folder.kind === 'file') throw refusal('NOT_DIRECTORY', 'list', path, 'is a file')
    const names = folder.names()
    for (let i = after === undefined ? 0 : firstAfter(names, after); i < names.length; i++) {
      throwIfAborted(signal, 'list')
      const name = names[i] ?? ''
      const node = folder.get(name)
      if (node) yield details ? { name, ...statOf(node) } : { name, kind: node.kind }
    }
  }

  async *read(path: VfsPath, options: Call & Range & Pick<Precondition, 'ifMatch'> = {}): Bytes {
    throwIfAborted(options.signal, 'read')
    const file = get(this.#root(), 'read', path)
    if (file.kind === 'directory') throw refusal('IS_DIRECTORY', 'read', path, 'is a folder')
    this.check('read', path, { ifMatch: options.ifMatch })
    for (const part of slices(file.content, options)) {
      throwIfAborted(options.signal, 'read')
      yield part
    }
  }

  check(op: string, path: VfsPath, { ifMatch, ifNoneMatch }: Precondition): void {
    if (ifMatch === undefined && ifNoneMatch === undefined) return
    const found = find(this.#root(), op, path)?.etag
    if (ifNoneMatch !== undefined && found !== undefined) throw refusal('CONFLICT', op, path, `exists already, at ${found}`)
    if (ifMatch !== undefined && (found === undefined || (ifMatch !== '*' && ifMatch !== found)))
      throw refusal('CONFLICT', op, path, `is at ${found ?? 'nothing'}, not at ${ifMatch}`)
  }
}

function firstAfter(names: readonly string[], after: string): number {
  let low = 0
  let high = names.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compareNames(names[middle] ?? '', after) > 0) high = middle
    else low = middle + 1
  }
  return low
}

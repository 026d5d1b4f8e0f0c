import { type ErrorCode, VfsError } from '../../../src/core/error.ts'
import { name, parent, segments, type VfsPath, within } from '../../../src/core/path.ts'

type Node = string | Map<string, Node>

const refuse = (code: ErrorCode): never => {
  throw new VfsError(code, 'says the model')
}

/** The simplest thing that a storage is like: maps in maps. */
export class TreeModel {
  readonly root = new Map<string, Node>()

  find(path: VfsPath): Node | undefined {
    let node: Node | undefined = this.root
    for (const segment of segments(path)) {
      if (typeof node === 'string') refuse('NOT_DIRECTORY')
      node = (node as Map<string, Node> | undefined)?.get(segment)
    }
    return node
  }

  get(path: VfsPath): Node {
    return this.find(path) ?? (this.find(path) === '' ? '' : refuse('NOT_FOUND'))
  }

  folder(path: VfsPath): Map<string, Node> {
    const node = this.get(parent(path))
    return typeof node === 'string' ? refuse('NOT_DIRECTORY') : node
  }

  read(path: VfsPath): string {
    const node = this.get(path)
    return typeof node === 'string' ? node : refuse('IS_DIRECTORY')
  }

  list(path: VfsPath): string[] {
    const node = this.get(path)
    return typeof node === 'string' ? refuse('NOT_DIRECTORY') : [...node.keys()].toSorted()
  }

  write(path: VfsPath, content: string): void {
    if (path === '/' || this.find(path) instanceof Map) refuse('IS_DIRECTORY')
    this.folder(path).set(name(path), content)
  }

  mkdir(path: VfsPath): void {
    const node = this.find(path)
    if (node instanceof Map) return
    if (node !== undefined) refuse('ALREADY_EXISTS')
    this.folder(path).set(name(path), new Map())
  }

  remove(path: VfsPath, recursive: boolean): void {
    if (path === '/') refuse('INVALID_ARGUMENT')
    let node: Node | undefined
    try {
      node = this.find(path)
    } catch {
      return
    }
    if (node === undefined) return
    if (node instanceof Map && node.size > 0 && !recursive) refuse('NOT_EMPTY')
    this.folder(path).delete(name(path))
  }

  rename(from: VfsPath, to: VfsPath, trees: boolean): void {
    const node = this.get(from)
    if (node instanceof Map && !trees) refuse('UNSUPPORTED')
    if (from === to) return
    if (node instanceof Map && within(from, to)) refuse('INVALID_ARGUMENT')
    this.place(to, node)
    this.folder(from).delete(name(from))
  }

  copy(from: VfsPath, to: VfsPath): void {
    const content = this.read(from)
    if (from !== to) this.place(to, content)
  }

  private place(to: VfsPath, node: Node): void {
    if (this.find(to) !== undefined) refuse('ALREADY_EXISTS')
    this.folder(to).set(name(to), node)
  }
}

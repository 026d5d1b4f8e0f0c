import type { Stat } from '../../src/core/backend.ts'
import { compareNames, name, parent, segments, type VfsPath } from '../../src/core/path.ts'
import { refusals } from '../../src/core/telling.ts'
import type { Content } from './blocks.ts'

export interface File {
  readonly kind: 'file'
  readonly content: Content
  readonly modified: Date
  readonly etag: string
  readonly mode: number
}

export class Folder {
  readonly kind = 'directory'
  readonly modified = new Date()
  readonly mode: number
  readonly etag: string
  readonly #children = new Map<string, Node>()
  #sorted: readonly string[] | undefined

  constructor(etag: string, mode = 0o755) {
    this.etag = etag
    this.mode = mode
  }

  get empty(): boolean {
    return this.#children.size === 0
  }

  get(child: string): Node | undefined {
    return this.#children.get(child)
  }

  set(child: string, node: Node): void {
    if (!this.#children.has(child)) this.#sorted = undefined
    this.#children.set(child, node)
  }

  delete(child: string): void {
    if (this.#children.delete(child)) this.#sorted = undefined
  }

  /** Kept between calls, so that reading a large folder page by page sorts it once. */
  names(): readonly string[] {
    return (this.#sorted ??= [...this.#children.keys()].toSorted(compareNames))
  }
}

export type Node = File | Folder

export function find(root: Folder, op: string, path: VfsPath): Node | undefined {
  let node: Node | undefined = root
  for (const segment of segments(path)) {
    if (!node) return undefined
    if (node.kind === 'file') throw refusal('NOT_DIRECTORY', op, path, 'lies below a file')
    node = node.get(segment)
  }
  return node
}

export function get(root: Folder, op: string, path: VfsPath): Node {
  const node = find(root, op, path)
  if (!node) throw refusal('NOT_FOUND', op, path, 'does not exist')
  return node
}

/** The folder that holds the path's last name. */
export function holder(root: Folder, op: string, path: VfsPath): Folder {
  const folder = find(root, op, parent(path))
  if (!folder) throw refusal('NOT_FOUND', op, path, 'has no parent folder')
  if (folder.kind === 'file') throw refusal('NOT_DIRECTORY', op, path, 'lies below a file')
  return folder
}

/** Puts a node where nothing stands. */
export function attach(root: Folder, op: string, path: VfsPath, node: Node): void {
  if (path === '/') throw refusal('ALREADY_EXISTS', op, path, 'is the root')
  const folder = holder(root, op, path)
  if (folder.get(name(path))) throw refusal('ALREADY_EXISTS', op, path, 'exists already')
  folder.set(name(path), node)
}

/** All bytes at and below a node. */
export function weigh(node: Node): number {
  if (node.kind === 'file') return node.content.size
  return node.names().reduce((sum, child) => sum + weigh(node.get(child) as Node), 0)
}

export const statOf = (node: Node): Stat => ({
  kind: node.kind,
  size: node.kind === 'file' ? node.content.size : 0,
  modified: node.modified,
  etag: node.etag,
  mode: node.mode,
})

export const refusal = refusals('memory')

import { randomUUID } from 'node:crypto'
import type {
  Bytes,
  Call,
  Capabilities,
  Entry,
  ListOptions,
  MkdirOptions,
  MoveOptions,
  Precondition,
  Range,
  Stat,
  Trash,
  WriteOptions,
} from '../../src/core/backend.ts'
import { BaseBackend } from '../../src/core/base.ts'
import { throwIfAborted, VfsError } from '../../src/core/error.ts'
import { folderMode } from '../../src/core/folder-mode.ts'
import { name, type VfsPath, within } from '../../src/core/path.ts'
import { incoming } from '../../src/core/bytes.ts'
import { type Content, gather } from './blocks.ts'
import { MemoryTrash } from './trash.ts'
import { attach, type File, find, Folder, get, holder, refusal, statOf, weigh } from './tree.ts'
import { View } from './view.ts'

export interface MemoryOptions {
  /** What all content together may take, the trash with it. */
  readonly maxBytes?: number | undefined
}

/**
 * A tree in this process. Contents are immutable and replaced whole, so a reader sees one content to its end. Where a
 * method checks and changes, nothing awaits in between: that makes it one step.
 */
export class MemoryBackend extends BaseBackend {
  readonly scheme = 'memory'
  readonly volume = `memory:${randomUUID()}`
  readonly capabilities: Capabilities = Object.freeze({
    write: true,
    empty_folders: true,
    rename: true,
    rename_atomic: true,
    tree_atomic: true,
    copy: true,
    trash: true,
    content_addressed: false,
    by_cid: false,
    modes: true,
    metadata: false,
    cas: 'native',
  })
  override readonly trash: Trash
  readonly #maxBytes: number
  readonly #root: Folder
  readonly #view: View
  #revision = 0
  #used = 0

  constructor({ maxBytes = Infinity }: MemoryOptions = {}) {
    super()
    this.#maxBytes = maxBytes
    this.#root = new Folder(this.#etag())
    this.#view = new View(() => this.#root)
    this.trash = new MemoryTrash(this.#root, (bytes) => this.#grow(bytes))
  }

  stat(path: VfsPath, call?: Call): Promise<Stat> {
    return this.#view.stat(path, call)
  }

  list(path: VfsPath, options?: ListOptions): AsyncIterable<Entry> {
    return this.#view.list(path, options)
  }

  read(path: VfsPath, options?: Call & Range & Pick<Precondition, 'ifMatch'>): Bytes {
    return this.#view.read(path, options)
  }

  override async write(path: VfsPath, source: Bytes, options: WriteOptions = {}): Promise<Stat> {
    throwIfAborted(options.signal, 'write')
    this.#replaceable(path, options)
    let taken = 0
    try {
      const content = await gather(incoming(source, path, options.signal), (bytes) => {
        this.#grow(bytes)
        taken += bytes
      })
      await options.staged?.(content.size)
      throwIfAborted(options.signal, 'write')
      const stat = this.#replace(path, content, options)
      taken = 0
      return stat
    } finally {
      this.#used -= taken
    }
  }

  override async mkdir(path: VfsPath, { signal, mode }: MkdirOptions = {}): Promise<void> {
    throwIfAborted(signal, 'mkdir')
    const existing = find(this.#root, 'mkdir', path)
    if (existing?.kind === 'directory') return
    attach(this.#root, 'mkdir', path, new Folder(this.#etag(), mode === undefined ? undefined : folderMode(mode)))
  }

  override async remove(path: VfsPath, options: Call & Precondition & { readonly recursive?: boolean | undefined } = {}): Promise<void> {
    throwIfAborted(options.signal, 'remove')
    if (path === '/') throw refusal('INVALID_ARGUMENT', 'remove', path, 'is the root')
    this.#view.check('remove', path, options)
    const node = this.#present(path)
    if (!node) return
    if (node.kind === 'directory' && !node.empty && !options.recursive) throw refusal('NOT_EMPTY', 'remove', path, 'is not empty')
    holder(this.#root, 'remove', path).delete(name(path))
    this.#used -= weigh(node)
  }

  override async rename(from: VfsPath, to: VfsPath, options: MoveOptions = {}): Promise<void> {
    throwIfAborted(options.signal, 'rename')
    const node = this.#source('rename', from, options)
    if (from === to) return
    if (node.kind === 'directory' && within(from, to)) throw refusal('INVALID_ARGUMENT', 'rename', from, 'cannot be moved into itself')
    attach(this.#root, 'rename', to, node)
    holder(this.#root, 'rename', from).delete(name(from))
  }

  override async copy(from: VfsPath, to: VfsPath, options: MoveOptions = {}): Promise<Stat> {
    throwIfAborted(options.signal, 'copy')
    const file = this.#source('copy', from, options)
    if (file.kind === 'directory') throw refusal('IS_DIRECTORY', 'copy', from, 'is a folder')
    if (from === to) return statOf(file)
    const copied: File = { ...file, modified: new Date(), etag: this.#etag() }
    this.#grow(file.content.size)
    try {
      attach(this.#root, 'copy', to, copied)
    } catch (error) {
      this.#grow(-file.content.size)
      throw error
    }
    return statOf(copied)
  }

  #source(op: string, from: VfsPath, { ifMatch }: MoveOptions): File | Folder {
    const node = get(this.#root, op, from)
    this.#view.check(op, from, { ifMatch })
    return node
  }

  #present(path: VfsPath): File | Folder | undefined {
    try {
      return find(this.#root, 'remove', path)
    } catch (error) {
      if (error instanceof VfsError && error.code === 'NOT_DIRECTORY') return undefined
      throw error
    }
  }

  /** Rejects what cannot be written; the file that stands there now, if any. */
  #replaceable(path: VfsPath, options: Precondition): File | undefined {
    this.#view.check('write', path, options)
    const existing = find(this.#root, 'write', path)
    if (existing?.kind === 'directory') throw refusal('IS_DIRECTORY', 'write', path, 'is a folder')
    holder(this.#root, 'write', path)
    return existing
  }

  #replace(path: VfsPath, content: Content, options: WriteOptions): Stat {
    const before = this.#replaceable(path, options)
    const file: File = {
      kind: 'file',
      content,
      modified: options.modified ?? new Date(),
      etag: this.#etag(),
      mode: options.mode ?? before?.mode ?? 0o644,
    }
    holder(this.#root, 'write', path).set(name(path), file)
    this.#used -= before?.content.size ?? 0
    return statOf(file)
  }

  #grow(bytes: number): void {
    if (bytes > 0 && this.#used + bytes > this.#maxBytes)
      throw new VfsError('QUOTA_EXCEEDED', `the memory storage may hold ${this.#maxBytes} bytes`, { backend: 'memory', details: { limit: this.#maxBytes } })
    this.#used += bytes
  }

  #etag(): string {
    return `m${(++this.#revision).toString(36)}`
  }
}

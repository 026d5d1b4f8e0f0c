import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import type { ThreadFile, ThreadReader } from '../../src/core/backend.ts'
import { name, parent, type VfsPath } from '../../src/core/path.ts'
import { READING } from './disk.ts'
import { refusal } from './errors.ts'
import type { Folder } from './folder.ts'
import { Resolver } from './resolve.ts'
import { admission, Secret } from './secret.ts'
import type { ReaderInit } from './thread.ts'

export const openReader = (init: unknown): ThreadReader => new LocalReader(init as ReaderInit)

/** Finds its way as the backend does, with folders of its own, and hides what it hides. */
class LocalReader implements ThreadReader {
  readonly #secret: Secret
  readonly #resolver: Resolver
  #last: { readonly path: VfsPath; readonly folder: Folder } | undefined

  constructor({ root, dataFolder, beneath }: ReaderInit) {
    this.#secret = new Secret(dataFolder)
    this.#resolver = new Resolver(() => root, admission(this.#secret, beneath))
  }

  open(path: VfsPath): ThreadFile {
    const fd = openSync(this.#folder(path).at(name(path)), READING)
    if (fstatSync(fd).isFile()) return { read: (target) => readSync(fd, target), close: () => closeSync(fd) }
    closeSync(fd)
    throw refusal('SPECIAL_FILE', 'read', path, 'is no plain file')
  }

  [Symbol.dispose](): void {
    this.#last?.folder[Symbol.dispose]()
    this.#resolver[Symbol.dispose]()
    this.#secret[Symbol.dispose]()
  }

  /** Files come folder by folder, and each folder is looked for once. */
  #folder(path: VfsPath): Folder {
    const above = parent(path)
    if (this.#last?.path === above) return this.#last.folder
    this.#last?.folder[Symbol.dispose]()
    this.#last = undefined
    using spot = this.#resolver.place(path)
    if (spot.linked) throw refusal('UNSUPPORTED', 'read', path, 'lies behind a link')
    this.#last = { path: above, folder: spot.folder.retain() }
    return this.#last.folder
  }
}

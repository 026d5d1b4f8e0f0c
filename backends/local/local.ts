import type {
  Bytes,
  Call,
  Capabilities,
  CopyOptions,
  Entry,
  Glance,
  ListOptions,
  LocateOptions,
  MkdirOptions,
  MoveOptions,
  Precondition,
  Range,
  Stat,
  ThreadAccess,
  Trash,
  WriteOptions,
} from '../../src/core/backend.ts'
import { BaseBackend } from '../../src/core/base.ts'
import { throwIfAborted } from '../../src/core/error.ts'
import { vfsPath, type VfsPath } from '../../src/core/path.ts'
import { machineId } from './dirfd.ts'
import { Disk } from './disk.ts'
import { told } from './errors.ts'
import { Measure } from './facts.ts'
import { locate } from './locate.ts'
import { mkdir } from './mkdir.ts'
import { copy, rename } from './move.ts'
import { remove, type RemoveOptions } from './remove.ts'
import { Resolver } from './resolve.ts'
import { admission, Secret } from './secret.ts'
import { threadAccess } from './thread.ts'
import { LocalTrash } from './trash.ts'
import { View } from './view.ts'
import { within } from './way.ts'
import { discard, write } from './write.ts'

export interface LocalOptions {
  /** The folder that is served. It need not be there yet; what is asked of it meanwhile is UNAVAILABLE. */
  readonly root: string
  /** The gateway's data folder: never served, and the place of the trash if it lies on the same mount. */
  readonly dataFolder?: string | undefined
  /** The root has to lie in this folder, wherever links lead by now; what does not is not served. */
  readonly within?: string | undefined
  /** Rights that new files and folders do not get; if not said, that of the process. What goes with a copy or stands there already keeps its own. */
  readonly umask?: number | undefined
  /** Makes times as coarse as some file systems store them. */
  readonly clock?: ((time: bigint) => bigint) | undefined
}

/** A folder of this machine. Short system calls block: they take microseconds, the way to another thread and back takes longer. */
export class LocalBackend extends BaseBackend {
  readonly scheme = 'local'
  readonly volume = `local:${machineId()}`
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
    cas: 'lock',
  })
  override readonly trash: Trash & Disposable
  override readonly usesUp = true
  override readonly checksWrites = true
  override readonly threads: ThreadAccess
  readonly #disk: Disk
  readonly #view: View

  constructor({ root, dataFolder, within: beneath, umask, clock }: LocalOptions) {
    super()
    this.threads = threadAccess({ root, dataFolder, beneath })
    const secret = new Secret(dataFolder)
    this.#disk = new Disk(new Resolver(() => root, admission(secret, beneath)), new Measure(clock), secret, { umask })
    this.#view = new View(this.#disk)
    this.trash = new LocalTrash(this.#disk)
  }

  override check(): Promise<void> {
    return told('check', '/', () => void this.#disk.resolver.root)
  }

  override locate(path: VfsPath, { signal, itself = false }: LocateOptions = {}): Promise<string> {
    return told('locate', path, () => {
      throwIfAborted(signal, 'locate')
      return locate(this.#disk, path, itself)
    })
  }

  override find(inner: string): VfsPath | undefined {
    try {
      const { real } = this.#disk.resolver.root
      return within(real, inner) ? vfsPath(inner.slice(real === '/' ? 0 : real.length) || '/') : undefined
    } catch {
      return undefined
    }
  }

  stat(path: VfsPath, call?: Call): Promise<Stat> {
    return this.#view.stat(path, call)
  }

  override glance(path: VfsPath, options: Call & { readonly atMost: number }): Promise<Glance> {
    return this.#view.glance(path, options)
  }

  override matches(path: VfsPath, etag: string, call?: Call): Promise<boolean> {
    return this.#view.matches(path, etag, call)
  }

  list(path: VfsPath, options?: ListOptions): AsyncIterable<Entry> {
    return this.#view.list(path, options)
  }

  read(path: VfsPath, options?: Call & Range & Pick<Precondition, 'ifMatch'>): Bytes {
    return this.#view.read(path, options)
  }

  override write(path: VfsPath, source: Bytes, options: WriteOptions = {}): Promise<Stat> {
    return told('write', path, () => write(this.#disk, path, source, options))
  }

  override discard(path: VfsPath, id: string, { signal }: Call = {}): Promise<boolean> {
    return told('discard', path, () => {
      throwIfAborted(signal, 'discard')
      return discard(this.#disk, path, id)
    })
  }

  override mkdir(path: VfsPath, { signal, mode }: MkdirOptions = {}): Promise<void> {
    return told('mkdir', path, async () => {
      throwIfAborted(signal, 'mkdir')
      await mkdir(this.#disk, path, mode)
    })
  }

  override remove(path: VfsPath, options: RemoveOptions = {}): Promise<void> {
    return told('remove', path, () => remove(this.#disk, path, options))
  }

  override rename(from: VfsPath, to: VfsPath, options: MoveOptions = {}): Promise<void> {
    return told('rename', from, () => rename(this.#disk, from, to, options))
  }

  override copy(from: VfsPath, to: VfsPath, options: CopyOptions = {}): Promise<Stat> {
    return told('copy', from, () => copy(this.#disk, from, to, options))
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    this.trash[Symbol.dispose]()
    this.#disk.resolver[Symbol.dispose]()
    this.#disk.secret[Symbol.dispose]()
  }
}

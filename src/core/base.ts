import type {
  Backend,
  Bytes,
  Call,
  Capabilities,
  CopyOptions,
  DiscardOptions,
  Entry,
  Glance,
  ListOptions,
  LocateOptions,
  MoveOptions,
  Precondition,
  Range,
  Stat,
  ThreadAccess,
  Trash,
  WriteOptions,
} from './backend.ts'
import { isCode, VfsError } from './error.ts'
import type { VfsPath } from './path.ts'

/** What a storage can do that can do nothing but be read: the beginning of every backend's own record. */
export const READ_ONLY: Capabilities = Object.freeze({
  write: false,
  empty_folders: false,
  rename: false,
  rename_atomic: false,
  tree_atomic: false,
  copy: false,
  trash: false,
  content_addressed: false,
  by_cid: false,
  modes: false,
  metadata: false,
  cas: 'weak',
})

/** Answers UNSUPPORTED for what a backend does not define, so that a read-only storage is three methods. */
export abstract class BaseBackend implements Backend {
  abstract readonly scheme: string
  abstract readonly capabilities: Capabilities
  abstract readonly volume: string
  readonly realm?: string | undefined
  readonly link?: Backend['link']
  readonly trash?: Trash | undefined
  readonly checksWrites?: boolean | undefined
  readonly usesUp?: boolean | undefined
  readonly outlives?: Backend['outlives']
  readonly stop?: Backend['stop']
  readonly threads?: ThreadAccess | undefined

  abstract stat(path: VfsPath, call?: Call): Promise<Stat>
  abstract list(path: VfsPath, options?: ListOptions): AsyncIterable<Entry>
  abstract read(path: VfsPath, options?: Call & Range & Pick<Precondition, 'ifMatch'>): Bytes

  async check(_call?: Call): Promise<void> {}

  notes(): readonly string[] {
    return []
  }

  async locate(path: VfsPath, _options?: LocateOptions): Promise<string> {
    return path
  }

  find(inner: string): VfsPath | undefined {
    return inner as VfsPath
  }

  async glance(path: VfsPath, { signal }: Call & { readonly atMost: number }): Promise<Glance> {
    return { stat: await this.stat(path, { signal }) }
  }

  async matches(path: VfsPath, etag: string, call?: Call): Promise<boolean> {
    try {
      return (await this.stat(path, call)).etag === etag
    } catch (error) {
      if (isCode(error, 'NOT_FOUND', 'NOT_DIRECTORY')) return false
      throw error
    }
  }

  async write(path: VfsPath, _source: Bytes, _options?: WriteOptions): Promise<Stat> {
    throw this.unsupported('write', path)
  }

  async discard(_path: VfsPath, _id: string, _options?: DiscardOptions): Promise<boolean> {
    return false
  }

  async mkdir(path: VfsPath, _call?: Call): Promise<void> {
    throw this.unsupported('mkdir', path)
  }

  async remove(path: VfsPath, _options?: Call & Precondition & { readonly recursive?: boolean | undefined }): Promise<void> {
    throw this.unsupported('remove', path)
  }

  async rename(from: VfsPath, _to: VfsPath, _options?: MoveOptions): Promise<void> {
    throw this.unsupported('rename', from)
  }

  async copy(from: VfsPath, _to: VfsPath, _options?: CopyOptions): Promise<Stat> {
    throw this.unsupported('copy', from)
  }

  async graft(path: VfsPath, _cid: string, _options?: Call & Precondition): Promise<Stat> {
    throw this.unsupported('graft', path)
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  protected unsupported(op: string, path: VfsPath): VfsError {
    return new VfsError('UNSUPPORTED', `${this.scheme} cannot ${op}`, { op, path, backend: this.scheme })
  }
}

import type { Bytes, Capabilities, Entry, Stat } from '../core/backend.ts'
import { BaseBackend, READ_ONLY } from '../core/base.ts'
import { VfsError } from '../core/error.ts'
import type { VfsPath } from '../core/path.ts'

/** Stands for a storage that could not be opened: its mount is listed with the error, and takes no other with it. */
export class UnavailableBackend extends BaseBackend {
  readonly scheme: string
  /** Nothing is known of it. A write is told why it fails, not that the place may only be read. */
  readonly capabilities: Capabilities = Object.freeze({ ...READ_ONLY, write: true })
  readonly volume: string
  readonly #why: VfsError

  constructor(scheme: string, cause: unknown) {
    super()
    this.scheme = scheme
    this.volume = `unavailable:${scheme}`
    this.#why = cause instanceof VfsError ? cause : new VfsError('UNAVAILABLE', `${scheme} could not be opened`, { backend: scheme, cause })
  }

  override check(): Promise<void> {
    return Promise.reject(this.#error('check'))
  }

  stat(path: VfsPath): Promise<Stat> {
    return Promise.reject(this.#error('stat', path))
  }

  list(path: VfsPath): AsyncIterable<Entry> {
    return this.#nothing('list', path)
  }

  read(path: VfsPath): Bytes {
    return this.#nothing('read', path)
  }

  async *#nothing(op: string, path: VfsPath): AsyncGenerator<never> {
    yield await Promise.reject(this.#error(op, path))
  }

  #error(op: string, path?: VfsPath): VfsError {
    const { code, message, hint, retryable, details } = this.#why
    return new VfsError(code, message, { op, path, backend: this.scheme, cause: this.#why, hint, retryable, details })
  }
}

import { close, closeSync, openSync } from 'node:fs'
import type { Precondition } from '../../src/core/backend.ts'
import type { VfsPath } from '../../src/core/path.ts'
import { type Disk, READING } from './disk.ts'
import { isErrno, refusal } from './errors.ts'
import { type Facts, sameContentTime } from './facts.ts'
import { readWhole } from './io.ts'
import type { Spot } from './resolve.ts'

/** What stands at a place while it is checked and changed: opened, so that it is known after the change as well. */
export class Current implements Disposable {
  readonly facts: Facts | undefined
  /** Its name was given to another file: the last descriptor frees its blocks, for which nobody has to wait. */
  nameless = false
  readonly #disk: Disk
  readonly #fd: number | undefined

  constructor(disk: Disk, spot: Spot) {
    this.#disk = disk
    try {
      this.#fd = openSync(spot.at, READING)
      this.facts = disk.measure.opened(this.#fd)
    } catch (error) {
      // A link, a socket, or not ours to read: it can still be looked at. `look` answers for what is not there.
      if (!isErrno(error, 'ENOENT', 'ELOOP', 'ENXIO', 'EACCES')) throw error
      this.facts = disk.look(spot)
    }
  }

  get exists(): boolean {
    return this.facts !== undefined
  }

  matches(etag: string): boolean {
    return this.facts !== undefined && this.#disk.etags.matches(etag, this.facts, (size) => this.#read(size))
  }

  /** Rejects CONFLICT unless the preconditions hold. */
  require(op: string, path: VfsPath, { ifMatch, ifNoneMatch }: Precondition): void {
    if (ifNoneMatch !== undefined && this.exists) throw refusal('CONFLICT', op, path, 'exists already')
    if (ifMatch === undefined) return
    if (!this.exists) throw refusal('CONFLICT', op, path, `is not there, and was expected at ${ifMatch}`)
    if (ifMatch !== '*' && !this.matches(ifMatch)) throw refusal('CONFLICT', op, path, `has changed since ${ifMatch}`)
  }

  /** Facts of the same file now, wherever it has been moved. */
  get now(): Facts | undefined {
    return this.#fd === undefined ? undefined : this.#disk.measure.opened(this.#fd)
  }

  /** The descriptor of a file whose content has changed since it was opened here. */
  get moved(): { readonly fd: number; readonly size: number } | undefined {
    const { facts, now } = this
    if (this.#fd === undefined || facts?.kind !== 'file' || !now || sameContentTime(facts, now)) return undefined
    return { fd: this.#fd, size: now.size }
  }

  [Symbol.dispose](): void {
    if (this.#fd === undefined) return
    if (this.nameless) close(this.#fd, () => undefined)
    else closeSync(this.#fd)
  }

  #read(size: number): Uint8Array | undefined {
    return this.#fd === undefined ? undefined : readWhole(this.#fd, size)
  }
}

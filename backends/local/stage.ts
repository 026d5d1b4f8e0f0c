import { hash, randomUUID } from 'node:crypto'
import { closeSync, constants, fchmodSync, fchownSync, futimesSync, openSync, renameSync, unlinkSync } from 'node:fs'
import type { Bytes, Stat } from '../../src/core/backend.ts'
import { peek } from '../../src/core/bytes.ts'
import { VfsError } from '../../src/core/error.ts'
import { clone } from './clone.ts'
import type { Disk, Opened } from './disk.ts'
import { noFollow } from './dirfd.ts'
import { isErrno, Refused } from './errors.ts'
import type { Facts } from './facts.ts'
import { RESERVED } from './folder.ts'
import { moveFile } from './exact.ts'
import { flush, readWhole, SMALL, writeAt, writeWhole } from './io.ts'
import { Proof } from './proof.ts'
import type { Spot } from './resolve.ts'

const FLAGS = constants.O_RDWR | noFollow
const MADE_HERE = constants.O_CREAT | constants.O_EXCL
export const NEW_FILE = 0o666 // less the umask
const FLUSH_EVERY = 128 << 20 // bytes: the disk works while more is on its way; more often, it and the writes wait for each other

/** Where a write of this id stages the bytes for a place: beside it, under a name that follows from both. */
export function stagePath(spot: Spot, id: string = randomUUID()): string {
  if (!/^[\w-]{1,64}$/.test(id)) throw new VfsError('INVALID_ARGUMENT', 'an id of a change has up to 64 letters, digits, "-" and "_"')
  return spot.folder.child(`${RESERVED}${id}-${hash('sha256', spot.name).slice(0, 12)}`)
}

/** A temporary file beside its target. It goes when it is disposed of, unless it has taken the target's place. */
export class Stage implements Disposable {
  readonly path: string
  readonly fd: number
  readonly #dev: bigint
  readonly #proof: Proof
  #mode: number
  #whole: Uint8Array | undefined
  #size = 0
  #unflushed = 0
  #flushing: Promise<void> | undefined
  #placed = false

  /** `dev`: the disk's number. */
  constructor(path: string, dev: bigint, mode: number | undefined, flags = FLAGS | MADE_HERE) {
    this.#dev = dev
    this.path = path
    this.#mode = mode ?? -1
    this.fd = openSync(path, flags, mode ?? NEW_FILE)
    this.#proof = new Proof(this.fd)
    if (mode !== undefined) fchmodSync(this.fd, mode)
  }

  /** A stage that shares its bytes with an opened file; undefined where the disk cannot. */
  static async cloned(path: string, dev: bigint, source: Opened): Promise<Stage | undefined> {
    if (source.facts.size <= SMALL || !clone(source.fd, path)) return undefined
    const stage = new Stage(path, dev, source.facts.mode, FLAGS)
    stage.#size = source.facts.size
    await flush(stage.fd, dev, stage.#size)
    return stage
  }

  get size(): number {
    return this.#size
  }

  /** Durable, and read back as it was written, when it resolves. */
  async fill(source: Bytes, modified?: Date): Promise<void> {
    const peeked = await peek(source, SMALL)
    if ('whole' in peeked) this.#put((this.#whole = peeked.whole))
    else await this.#stream(peeked.stream)
    this.#size = this.#whole?.length ?? this.#size
    if (modified) futimesSync(this.fd, modified, modified)
    await flush(this.fd, this.#dev, this.#size)
  }

  /** Takes over what belongs to the name and not to the content. */
  resemble(before: Facts, mode: number | undefined): void {
    const wanted = mode ?? before.mode
    if (wanted !== this.#mode) fchmodSync(this.fd, wanted)
    this.#mode = wanted
    if (before.uid === process.getuid?.() && before.gid === process.getgid?.()) return
    try {
      fchownSync(this.fd, before.uid, before.gid)
    } catch (error) {
      // Only root gives files away; everyone else's edit of a foreign file makes it theirs.
      if (!isErrno(error, 'EPERM')) throw error
    }
  }

  /** The stat of the bytes as they were placed, whatever has become of them since. */
  async stat(disk: Disk, facts: Facts): Promise<Stat> {
    const content = this.#size <= SMALL ? this.#content() : undefined
    if (content) return disk.told(facts, disk.etags.seen(facts, content))
    const { etag } = await disk.etags.of(
      () => facts,
      () => this.#content(),
    )
    return disk.told(facts, etag)
  }

  /** Gives the bytes their name. False if something stands there that was not expected; it is left alone. */
  place(spot: Spot, expected: boolean): boolean {
    if (expected) renameSync(this.path, spot.at)
    else if (!moveFile(this.path, spot.at)) return false
    return (this.#placed = true)
  }

  [Symbol.dispose](): void {
    closeSync(this.fd)
    if (!this.#placed) unlinkIfThere(this.path)
  }

  #content(): Uint8Array {
    return this.#whole ?? readWhole(this.fd, this.#size)
  }

  #put(content: Uint8Array): void {
    writeWhole(this.fd, content)
    if (!readWhole(this.fd, content.length).equals(content)) throw new Refused('E_DAMAGED')
  }

  /** The descriptor is at rest when it ends, and what a flush on the way failed of is told: no later one would. */
  async #stream(source: Bytes): Promise<void> {
    try {
      for await (const part of source) await this.#add(part)
    } finally {
      await this.#flushing
    }
  }

  async #add(part: Uint8Array): Promise<void> {
    await writeAt(this.fd, part, this.#size)
    if (!(await this.#proof.of(part, this.#size))) throw new Refused('E_DAMAGED')
    this.#size += part.length
    this.#unflushed += part.length
    if (this.#unflushed < FLUSH_EVERY) return
    await this.#flushing
    this.#unflushed = 0
    this.#flushing = flush(this.fd, this.#dev, FLUSH_EVERY)
    this.#flushing.catch(() => {}) // told when it is waited for
  }
}

/** True if it was there. */
export function unlinkIfThere(path: string): boolean {
  try {
    unlinkSync(path)
    return true
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false
    throw error
  }
}

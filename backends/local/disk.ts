import { closeSync, constants, openSync } from 'node:fs'
import type { Stat } from '../../src/core/backend.ts'
import type { VfsPath } from '../../src/core/path.ts'
import { noFollow } from './dirfd.ts'
import { ifThere, isErrno, refusal, Refused } from './errors.ts'
import { Etags } from './etag.ts'
import type { Facts, Measure } from './facts.ts'
import { readWhole } from './io.ts'
import { NamesIn } from './names-in.ts'
import type { Resolver, Spot } from './resolve.ts'
import type { Secret } from './secret.ts'

export const READING = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY | noFollow // a pipe must not hold us up

/** An opened file; what it is was looked at through the descriptor, not through the path. */
export class Opened implements Disposable {
  readonly fd: number
  readonly facts: Facts

  constructor(fd: number, facts: Facts) {
    this.fd = fd
    this.facts = facts
  }

  whole(size: number): Buffer {
    return readWhole(this.fd, size)
  }

  [Symbol.dispose](): void {
    closeSync(this.fd)
  }
}

interface DiskOptions {
  readonly etags?: Etags | undefined
  /** In place of that of the process. */
  readonly umask?: number | undefined
}

/** What every operation on one root needs: its resolver, its way of measuring, its etags. */
export class Disk {
  readonly resolver: Resolver
  readonly measure: Measure
  readonly etags: Etags
  readonly names: NamesIn

  readonly secret: Secret
  readonly #umask: number | undefined

  constructor(resolver: Resolver, measure: Measure, secret: Secret, { etags = new Etags(), umask }: DiskOptions = {}) {
    this.resolver = resolver
    this.measure = measure
    this.secret = secret
    this.etags = etags
    this.names = new NamesIn(measure)
    this.#umask = umask
  }

  /** The mode of what is new here; undefined: what the umask of the process makes of these. */
  modeOfNew(bits: number): number | undefined {
    return this.#umask === undefined ? undefined : bits & ~this.#umask
  }

  /** Throws ELOOP for a link, IS_DIRECTORY, SPECIAL_FILE. */
  open(op: string, path: VfsPath, spot: Spot): Opened {
    const fd = openSync(spot.at, READING)
    const opened = new Opened(fd, this.measure.opened(fd))
    const { kind } = opened.facts
    if (kind === 'file') return opened
    opened[Symbol.dispose]()
    if (kind === 'directory') throw refusal('IS_DIRECTORY', op, path, 'is a folder')
    throw refusal('SPECIAL_FILE', op, path, 'is a device, pipe or socket')
  }

  /** What stands at a place, or undefined; a link is not followed. */
  look(spot: Spot): Facts | undefined {
    return ifThere(() => this.measure.at(spot.at))
  }

  /** The place to which the path leads, whatever stands there. */
  lead(path: VfsPath): Spot {
    return this.resolver.follow(path, (spot) => {
      if (this.look(spot)?.kind === 'link') throw new Refused('ELOOP')
    }).spot
  }

  matches(opened: Opened, etag: string): boolean {
    return this.etags.matches(etag, opened.facts, (size) => opened.whole(size))
  }

  /** The stat of what stands at a place and was looked at just now. */
  async stat(op: string, path: VfsPath, spot: Spot, first: Facts, signal?: AbortSignal): Promise<Stat> {
    if (first.kind === 'special') throw refusal('SPECIAL_FILE', op, path, 'is a device, pipe or socket')
    const quick = this.etags.quick(first)
    if (quick !== undefined) return this.told(first, quick)
    const look = (): Facts => this.measure.at(spot.at)
    const { facts, etag } = await this.etags.of(look, (size) => this.#content(op, path, spot, size), signal)
    return this.told(facts, etag)
  }

  told(facts: Facts, etag: string): Stat {
    const kind = facts.kind === 'special' ? 'link' : facts.kind
    return { kind, size: facts.size, modified: new Date(Number(facts.mtime / 1_000_000n)), etag, mode: facts.mode }
  }

  /** Undefined if this user of the machine may not read it. */
  #content(op: string, path: VfsPath, spot: Spot, size: number): Uint8Array | undefined {
    try {
      using opened = this.open(op, path, spot)
      return opened.whole(size)
    } catch (error) {
      if (isErrno(error, 'EACCES')) return undefined
      throw error
    }
  }
}

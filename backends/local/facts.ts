import { type BigIntStats, fstatSync, lstatSync } from 'node:fs'
import type { Kind } from '../../src/core/backend.ts'

/** What one stat(2) says. */
export interface Facts {
  /** `special`: a device, pipe or socket, which is never served. */
  readonly kind: Kind | 'special'
  readonly dev: bigint
  readonly ino: bigint
  /** Bytes of content; 0 for a directory. */
  readonly size: number
  /** Bytes that it takes itself, a directory too. */
  readonly length: number
  /** Permission bits. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly names: bigint
  /** Nanoseconds. */
  readonly mtime: bigint
  readonly ctime: bigint
  readonly birth: bigint
}

/** Reads facts; `clock` makes times as coarse as a file system would, for the test of what coarse times do. */
export class Measure {
  readonly #clock: (time: bigint) => bigint

  constructor(clock: (time: bigint) => bigint = (time) => time) {
    this.#clock = clock
  }

  opened(fd: number): Facts {
    return this.#facts(fstatSync(fd, { bigint: true }))
  }

  /** A link itself, not what it leads to. Throws ENOENT. */
  at(path: string | Buffer): Facts {
    return this.#facts(lstatSync(path, { bigint: true }))
  }

  #facts(stat: BigIntStats): Facts {
    const kind = kindOf(stat)
    return {
      kind,
      dev: stat.dev,
      ino: stat.ino,
      size: kind === 'directory' ? 0 : Number(stat.size),
      length: Number(stat.size),
      mode: Number(stat.mode & 0o777n),
      uid: Number(stat.uid),
      gid: Number(stat.gid),
      names: stat.nlink,
      mtime: this.#clock(stat.mtimeNs),
      ctime: this.#clock(stat.ctimeNs),
      birth: stat.birthtimeNs,
    }
  }
}

interface Typed {
  isFile(): boolean
  isDirectory(): boolean
  isSymbolicLink(): boolean
}

export const kindOf = (entry: Typed): Facts['kind'] =>
  entry.isFile() ? 'file' : entry.isDirectory() ? 'directory' : entry.isSymbolicLink() ? 'link' : 'special'

export const sameContentTime = (a: Facts, b: Facts): boolean => a.ino === b.ino && a.dev === b.dev && a.size === b.size && a.mtime === b.mtime

import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { rm, stat, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const PIECE = 1 << 20
const SIZE = 8 * PIECE // bytes: of a log when it is due for its checkpoint, twice
const SPARE = 8 * SIZE // what has to be free: on a disk that is short of room nothing is laid by

/**
 * Room on the disk of the data folder that is given up when all else is taken. A log of SQLite has to grow before anything can go, and
 * a database is not even opened on a disk without room.
 */
export class Reserve {
  readonly #folder: string
  readonly #file: string

  constructor(folder: string) {
    this.#folder = folder
    this.#file = join(folder, 'reserve')
  }

  /** Lays it by, unless the disk is short of room already. True if it lies there. */
  async keep(): Promise<boolean> {
    try {
      if (await this.#isThere()) return true
      const { bavail, bsize } = await statfs(this.#folder)
      if (bavail * bsize < SPARE) return false
      const piece = randomBytes(PIECE) // which no disk makes smaller
      await writeFile(
        this.#file,
        Array.from({ length: SIZE / PIECE }, () => piece),
      )
      return true
    } catch {
      await rm(this.#file, { force: true })
      return false
    }
  }

  /** Its room is free now. */
  give(): void {
    rmSync(this.#file, { force: true })
  }

  #isThere(): Promise<boolean> {
    return stat(this.#file).then(
      ({ size }) => size === SIZE,
      () => false,
    )
  }
}

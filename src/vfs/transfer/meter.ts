import type { Progress } from '../types.ts'
import type { Filing } from './plan.ts'

/** Counts what a transfer does, and judges by that how long the rest takes. */
export class Meter {
  bytes = 0
  files = 0
  /** Files that were where they are to be already. */
  same = 0
  readonly #found = { bytes: 0, files: 0 }
  #total: Progress['total']
  readonly #began = performance.now()
  readonly #report: ((progress: Progress) => void) | undefined

  constructor(report: ((progress: Progress) => void) | undefined) {
    this.#report = report
  }

  /** Files that were found: what is to be sent, and how many need not be. */
  listed(files: readonly Filing[], same: number): void {
    for (const { source } of files) this.#found.bytes += source.size
    this.#found.files += files.length + same
    this.same += same
    this.files += same
    if (same > 0) this.#tell()
  }

  /** All that there is was found. */
  complete(): void {
    this.#total = this.#found
  }

  file(): void {
    this.files++
    this.#tell()
  }

  /** Content of a file that goes by. */
  async *counted(source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
    for await (const part of source) {
      yield part
      this.sent(part.length)
    }
  }

  sent(bytes: number): void {
    this.bytes += bytes
    this.#tell()
  }

  #tell(): void {
    if (!this.#report) return
    const seconds = Math.max(performance.now() - this.#began, 1) / 1000
    this.#report({
      bytes: this.bytes,
      files: this.files,
      total: this.#total,
      bytesPerSecond: Math.round(this.bytes / seconds),
      secondsLeft: this.#left(seconds),
    })
  }

  /** By what is slower to end, the bytes or the files. */
  #left(seconds: number): number | undefined {
    if (!this.#total || this.files + this.bytes === 0) return undefined
    const shares = [share(this.bytes, this.#total.bytes), share(this.files, this.#total.files)].filter((each) => each > 0)
    const done = Math.min(...shares)
    return shares.length === 0 ? undefined : Math.max(0, Math.round((seconds * (1 - done)) / done))
  }
}

const share = (done: number, total: number): number => (total === 0 ? 1 : done / total)

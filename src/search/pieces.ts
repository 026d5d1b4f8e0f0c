import type { Bytes } from '../core/backend.ts'
import { bytesOf } from '../core/bytes.ts'
import { PIECE_BYTES } from './limits.ts'

/** Feeds a worker files that are too large for a message. It reads one at a time, and each once, from its beginning. */
export class Pieces implements Disposable {
  readonly #open: (file: number) => Bytes
  #file: number | undefined
  #iterator: AsyncIterator<Uint8Array> | undefined
  #rest = Buffer.alloc(0)

  constructor(open: (file: number) => Bytes = () => bytesOf()) {
    this.#open = open
  }

  /** PIECE_BYTES of the file; fewer only at its end. Rejects what reading rejects. */
  async next(file: number): Promise<Uint8Array> {
    if (file !== this.#file) this.#begin(file)
    const parts = [this.#rest]
    let size = this.#rest.length
    while (size < PIECE_BYTES) {
      const next = await this.#iterator?.next()
      if (next === undefined || next.done) break
      parts.push(Buffer.from(next.value))
      size += next.value.length
    }
    const bytes = Buffer.concat(parts, size)
    this.#rest = bytes.subarray(PIECE_BYTES)
    return bytes.subarray(0, PIECE_BYTES)
  }

  /** A file whose first line matched, or that is binary, is left before its end; nobody waits for its storage. */
  [Symbol.dispose](): void {
    this.#iterator?.return?.().catch(() => undefined)
    this.#iterator = undefined
  }

  #begin(file: number): void {
    this[Symbol.dispose]()
    this.#file = file
    this.#rest = Buffer.alloc(0)
    this.#iterator = this.#open(file)[Symbol.asyncIterator]()
  }
}

import type { ThreadFile } from '../core/backend.ts'
import type { Reader } from './guest.ts'
import { MAX_LINE_BYTES } from './limits.ts'

/** A file's bytes, chunk by chunk; nothing at the end. A chunk is valid until the next call. */
export interface Source {
  next(): Uint8Array | undefined
  close(): void
}

/** Why a file was not searched to its end. */
export type Cut = 'binary' | 'long_line'

const NUL = 0
const NEWLINE = 10
const BUFFER = Buffer.alloc(256 * 1024)

export const bytesSource = (bytes: Uint8Array): Source => {
  let rest: Uint8Array | undefined = bytes
  return {
    next() {
      const chunk = rest
      rest = undefined
      return chunk
    },
    close() {},
  }
}

/** A file that the thread reads itself. Files are read one after the other, so one buffer serves them all. */
export const fileSource = (file: ThreadFile): Source => ({
  next() {
    const size = file.read(BUFFER)
    return size > 0 ? BUFFER.subarray(0, size) : undefined
  },
  close: () => file.close(),
})

/**
 * Hands a source to the engine until it turns out to be binary (a NUL anywhere but in UTF-16, as ripgrep decides for files that
 * it finds itself) or to have a line that the engine could not hold; there the file ends.
 */
export class TextReader implements Reader {
  readonly #source: Source
  readonly #onCut: (why: Cut) => void
  #chunk: Uint8Array = new Uint8Array()
  #ended = false
  #utf16: boolean | undefined
  #line = 0

  constructor(source: Source, onCut: (why: Cut) => void) {
    this.#source = source
    this.#onCut = onCut
  }

  read(target: Uint8Array): number {
    if (this.#chunk.length === 0) this.#chunk = this.#advance()
    const part = this.#chunk.subarray(0, target.length)
    target.set(part)
    this.#chunk = this.#chunk.subarray(part.length)
    return part.length
  }

  close(): void {
    this.#source.close()
  }

  #advance(): Uint8Array {
    const chunk = this.#ended ? undefined : this.#source.next()
    const why = chunk && this.#why(chunk)
    if (why) this.#onCut(why)
    this.#ended = chunk === undefined || chunk.length === 0 || why !== undefined
    return chunk && !why ? chunk : new Uint8Array()
  }

  #why(chunk: Uint8Array): Cut | undefined {
    this.#utf16 ??= isUtf16(chunk)
    if (!this.#utf16 && chunk.includes(NUL)) return 'binary'
    const first = chunk.indexOf(NEWLINE)
    if (this.#line + (first < 0 ? chunk.length : first) > MAX_LINE_BYTES) return 'long_line'
    this.#line = first < 0 ? this.#line + chunk.length : chunk.length - 1 - chunk.lastIndexOf(NEWLINE)
    return undefined
  }
}

/** By its byte order mark, which in UTF-32 is followed by a NUL character. */
function isUtf16(head: Uint8Array): boolean {
  const mark = (head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff)
  return mark && !(head[2] === NUL && head[3] === NUL)
}

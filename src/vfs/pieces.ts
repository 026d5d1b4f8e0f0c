import type { Entry } from '../core/backend.ts'
import { compareNames } from '../core/path.ts'

/** So many entries are taken at once. A folder of fewer is read to its end before any folder in it is entered, and holds nothing open. */
const PIECE = 1000

/** A listing read piece by piece: a folder of any size takes the memory of one piece. */
export class Pieces {
  readonly #source: AsyncIterator<Entry>
  #piece: Entry[] = []
  #at = 0
  #ended = false

  constructor(entries: AsyncIterable<Entry>) {
    this.#source = entries[Symbol.asyncIterator]()
  }

  /** The next of those at hand: then ask for `more`. */
  next(): Entry | undefined {
    return this.#piece[this.#at++]
  }

  /** Takes the next piece; returns its first entry, or undefined at the end. Rejects as the listing does. */
  async more(): Promise<Entry | undefined> {
    await this.fill()
    return this.next()
  }

  async fill(): Promise<void> {
    this.#piece = []
    this.#at = 0
    while (!this.#ended && this.#piece.length < PIECE) {
      const { done, value } = await this.#source.next()
      if (done === true) this.#ended = true
      else this.#piece.push(value)
    }
  }

  /** Of the piece at hand, if it reaches beyond `last`: all names up to there are in it then. */
  namesUpTo(last: string): ReadonlySet<string> | undefined {
    const reaches = this.#ended || compareNames(this.#piece.at(-1)?.name ?? '', last) > 0
    return reaches ? new Set(this.#piece.map(({ name }) => name)) : undefined
  }

  async close(): Promise<void> {
    await this.#source.return?.()
  }
}

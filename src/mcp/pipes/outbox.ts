import type { Writable } from 'node:stream'

/** What waits is written at once from here on. */
const FULL = 64 * 1024 // characters

/** Writes what is ready at the same moment in one piece: a system call for each of many small answers would cost more than the answers. */
export class Outbox {
  readonly #out: Writable
  #waiting: string[] = []
  #characters = 0
  #gone = Promise.withResolvers<void>()

  constructor(out: Writable) {
    this.#out = out
  }

  /** Resolves when it is out, and rejects if it cannot go. */
  put(text: string): Promise<void> {
    const { promise } = this.#gone
    // A tick comes when all that was ready has run, and before anything else is waited for.
    if (this.#waiting.push(text) === 1) process.nextTick(() => this.#flush())
    this.#characters += text.length
    if (this.#characters >= FULL) this.#flush()
    return promise
  }

  #flush(): void {
    if (this.#waiting.length === 0) return
    const { resolve, reject } = this.#gone
    this.#out.write(this.#waiting.join(''), (error) => (error ? reject(error) : resolve()))
    this.#waiting = []
    this.#characters = 0
    this.#gone = Promise.withResolvers()
  }
}

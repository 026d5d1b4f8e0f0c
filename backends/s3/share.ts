/** Memory of parts on their way, which all large objects of this process share: one alone gets as much as it has use for, one of many no more than it needs. */
export class Share {
  readonly #all: number
  readonly #most: number
  #users = 0

  /** In bytes; `most`: what one has use for. */
  constructor(all: number, most: number) {
    this.#all = all
    this.#most = most
  }

  enter(): Disposable {
    this.#users++
    return { [Symbol.dispose]: () => void this.#users-- }
  }

  /** How many parts of this size each may hold at present: one at least, and two if it is alone, so that one is sent while the other fills. */
  parts(bytes: number): number {
    const most = Math.max(this.#most, 2 * bytes)
    const fair = Math.max(this.#all, 2 * bytes) / this.#users
    return Math.max(1, Math.floor(Math.min(most, fair) / bytes))
  }
}

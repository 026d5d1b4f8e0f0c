const EVERY_MS = 4 * 60 * 60_000
const AGAIN_MS = 60_000

/** True if all were told. */
type Round = (signal: AbortSignal) => Promise<boolean>

/** Tells the network again and again of our names, which it forgets after a day or two; sooner if there was nobody to tell. */
export class Republisher implements Disposable {
  readonly #round: Round
  readonly #over = new AbortController()
  #timer: NodeJS.Timeout | undefined

  constructor(round: Round) {
    this.#round = round
  }

  start(): void {
    void this.#go()
  }

  [Symbol.dispose](): void {
    this.#over.abort()
    clearTimeout(this.#timer)
  }

  async #go(): Promise<void> {
    const told = await this.#round(this.#over.signal).catch(() => false) // the next round tries again
    if (this.#over.signal.aborted) return
    this.#timer = setTimeout(() => this.start(), told ? EVERY_MS : AGAIN_MS).unref()
  }
}

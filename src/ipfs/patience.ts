/** Aborts when nothing has moved for so long, or when the caller does. */
export class Patience implements Disposable {
  readonly signal: AbortSignal
  readonly #over = new AbortController()
  readonly #timer: NodeJS.Timeout

  constructor(ms: number, caller: AbortSignal | undefined) {
    this.signal = caller ? AbortSignal.any([caller, this.#over.signal]) : this.#over.signal
    this.#timer = setTimeout(() => this.#over.abort(), ms).unref()
  }

  get over(): boolean {
    return this.#over.signal.aborted
  }

  moved(): void {
    this.#timer.refresh()
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
  }
}

import { VfsError } from '../core/error.ts'

/** How long a storage may leave one call without an answer. Its clock stands while somebody else is asked. */
export class Deadline implements Disposable {
  readonly signal: AbortSignal
  readonly #own = new AbortController()
  readonly #ms: number
  readonly #waiting = new Set<(reason: VfsError) => void>()
  #timer: NodeJS.Timeout | undefined
  /** When the clock began to run; undefined while it stands. */
  #since: number | undefined

  constructor(ms: number, outer: AbortSignal | undefined) {
    this.#ms = ms
    this.signal = outer ? AbortSignal.any([outer, this.#own.signal]) : this.#own.signal
    this.resume()
  }

  resume(): void {
    this.#since = performance.now()
    this.#timer ??= setTimeout(this.#look, this.#ms)
  }

  pause(): void {
    this.#since = undefined
  }

  /** Somebody else's work, which the storage is not to blame for. */
  async meanwhile<T>(work: () => Promise<T>): Promise<T> {
    this.pause()
    try {
      return await work()
    } finally {
      this.resume()
    }
  }

  /** The answer, or TIMEOUT: also where the storage does not obey the signal. Leaves nothing behind, for a stream has very many answers. */
  async race<T>(answer: Promise<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    this.#waiting.add(reject)
    answer.then(resolve, reject)
    if (this.passed) await Promise.resolve().then(() => reject(this.#timeout()))
    try {
      return await promise
    } catch (error) {
      throw this.told(error)
    } finally {
      this.#waiting.delete(reject)
    }
  }

  /** What the storage says of an abort that was ours is TIMEOUT to the caller. */
  told(error: unknown): unknown {
    const ours = this.#own.signal.aborted && error instanceof VfsError && error.code === 'CANCELLED'
    return ours ? this.#timeout(error) : error
  }

  get passed(): boolean {
    return this.#own.signal.aborted
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
  }

  /** One timer for all that a stream is asked for, which is very much: it looks whether the clock runs, and for how long. */
  readonly #look = (): void => {
    this.#timer = undefined
    if (this.#since === undefined) return
    const left = this.#since + this.#ms - performance.now()
    if (left > 0) this.#timer = setTimeout(this.#look, left)
    else this.#pass()
  }

  #pass(): void {
    const timeout = this.#timeout()
    this.#own.abort(timeout)
    for (const reject of this.#waiting) reject(timeout)
  }

  #timeout(cause?: unknown): VfsError {
    return new VfsError('TIMEOUT', `the storage did not answer within ${this.#ms} ms`, { cause })
  }
}

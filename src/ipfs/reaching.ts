import { throwIfAborted, VfsError } from '../core/error.ts'
import type { Reached } from './network-types.ts'

const PATIENCE_MS = 30_000

/** For what the network may know better, and need not. */
export const LOOK_MS = 5_000

/**
 * Work on the network that ends: with its answer, with CANCELLED when the caller has gone, or with TIMEOUT; also where a
 * library does not obey the signal it is given.
 */
export async function reaching<T>(op: string, options: Reached, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  using limit = new Limit(op, options)
  return await limit.race(work(limit.signal))
}

/** The same for what comes one by one; the time is for all of it, and the reader's own time counts. */
export async function* reachingEach<T>(op: string, options: Reached, open: (signal: AbortSignal) => AsyncIterable<T>): AsyncGenerator<T> {
  using limit = new Limit(op, options)
  const iterator = open(limit.signal)[Symbol.asyncIterator]()
  try {
    for (;;) {
      const next = await limit.race(iterator.next())
      if (next.done) return
      yield next.value
    }
  } finally {
    limit.end()
    void iterator.return?.().catch(() => {}) // who gives no answer does not give this one either
  }
}

class Limit implements Disposable {
  readonly signal: AbortSignal
  readonly #op: string
  readonly #caller: AbortSignal | undefined
  readonly #ms: number
  readonly #late = new AbortController()
  readonly #ended = Promise.withResolvers<never>()
  readonly #timer: NodeJS.Timeout

  constructor(op: string, { signal, timeoutMs = PATIENCE_MS }: Reached) {
    throwIfAborted(signal, op)
    this.#op = op
    this.#caller = signal
    this.#ms = timeoutMs
    this.signal = signal ? AbortSignal.any([signal, this.#late.signal]) : this.#late.signal
    this.#ended.promise.catch(() => {})
    this.signal.addEventListener('abort', () => this.#ended.reject(this.signal.reason), { once: true })
    this.#timer = setTimeout(() => this.#late.abort(), timeoutMs)
  }

  async race<T>(answer: Promise<T>): Promise<T> {
    try {
      return await Promise.race([answer, this.#ended.promise])
    } catch (error) {
      throwIfAborted(this.#caller, this.#op)
      throw this.#late.signal.aborted ? this.#timeout(error) : error
    }
  }

  /** Nobody waits any more: what still runs is told to stop. */
  end(): void {
    clearTimeout(this.#timer)
    this.#late.abort()
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
  }

  #timeout(cause: unknown): VfsError {
    return new VfsError('TIMEOUT', `the network gave no answer within ${this.#ms} ms`, { op: this.#op, cause, hint: 'Repeat the call later.' })
  }
}

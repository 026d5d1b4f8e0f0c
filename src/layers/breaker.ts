import type { Backend, Bytes } from '../core/backend.ts'
import { isCode, VfsError } from '../core/error.ts'
import { opening, relay } from '../core/stream.ts'
import { forward, forwardTrash } from './forward.ts'

export interface BreakerOptions {
  /** So many calls in a row that found the storage down open it. */
  readonly failures: number
  /** For so long nobody asks; as long again, doubled up to `maxMs`, when the next one finds it down too. */
  readonly baseMs: number
  readonly maxMs: number
}

/**
 * A storage that is down is left alone for a while: its callers are told at once and do not wait for its deadline. Then one
 * call tries it, the check of its health too, and what that finds holds for all. (Nygard, Release It!, "Circuit Breaker".)
 */
export function breaker(inner: Backend, options: BreakerOptions): Backend {
  const circuit = new Circuit(options)
  const guarded =
    <A extends unknown[], T>(work: (...args: A) => Promise<T>) =>
    async (...args: A): Promise<T> =>
      circuit.through(() => work(...args))
  return forward(inner, {
    check: guarded((call) => inner.check(call)),
    locate: guarded((path, call) => inner.locate(path, call)),
    stat: guarded((path, call) => inner.stat(path, call)),
    glance: guarded((path, call) => inner.glance(path, call)),
    matches: guarded((path, etag, call) => inner.matches(path, etag, call)),
    list: (path, call) => circuit.along(inner.list(path, call)),
    read: (path, call) => circuit.along(inner.read(path, call)),
    write: guarded((path, source, call) => inner.write(path, circuit.outside(source), call)),
    discard: guarded((path, id, call) => inner.discard(path, id, call)),
    mkdir: guarded((path, call) => inner.mkdir(path, call)),
    remove: guarded((path, call) => inner.remove(path, call)),
    rename: guarded((from, to, call) => inner.rename(from, to, call)),
    copy: guarded((from, to, call) => inner.copy(from, to, call)),
    graft: guarded((path, cid, call) => inner.graft(path, cid, call)),
    trash: forwardTrash(inner.trash, (trash) => ({
      put: guarded((path, id, call) => trash.put(path, id, call)),
      back: guarded((id, path, call) => trash.back(id, path, call)),
      keep: guarded((path, id, call) => trash.keep(path, id, call)),
      drop: guarded((id, call) => trash.drop(id, call)),
    })),
  })
}

/** Whose fault it was: only what the storage did not answer speaks against it. */
const isDown = (error: unknown): boolean => isCode(error, 'UNAVAILABLE', 'TIMEOUT', 'OUTCOME_UNKNOWN')

class Circuit {
  readonly #options: BreakerOptions
  readonly #others = new WeakSet<Error>()
  #failures = 0
  #pauseMs: number
  #openUntil = 0
  #why: unknown

  constructor(options: BreakerOptions) {
    this.#options = options
    this.#pauseMs = options.baseMs
  }

  async through<T>(work: () => Promise<T>): Promise<T> {
    this.#enter()
    try {
      const result = await work()
      this.#answered()
      return result
    } catch (error) {
      this.#failed(error)
      throw error
    }
  }

  along<T>(items: AsyncIterable<T>): AsyncIterable<T> {
    const failed = (error: unknown): unknown => (this.#failed(error), error)
    const ended = (broken: boolean): void => void (broken || this.#answered())
    return opening(async () => {
      this.#enter()
      return relay(items, () => ({ failed, ended }))
    })
  }

  /** What comes from elsewhere to be written: that it fails does not speak against this storage. */
  outside(source: Bytes): Bytes {
    return relay(source, () => ({ failed: (error) => (error instanceof Error && this.#others.add(error), error) }))
  }

  /** Rejects while it is open. The first one after that goes in, and keeps the others out until it is known how it went. */
  #enter(): void {
    if (this.#failures < this.#options.failures) return
    const wait = this.#openUntil - performance.now()
    if (wait > 0) throw this.#down(wait)
    this.#openUntil = performance.now() + this.#pauseMs
  }

  #answered(): void {
    this.#failures = 0
    this.#pauseMs = this.#options.baseMs
  }

  #failed(error: unknown): void {
    if (this.#saysNothing(error)) return
    if (!isDown(error)) return this.#answered()
    this.#why = error
    if (++this.#failures < this.#options.failures) return
    this.#openUntil = performance.now() + this.#pauseMs
    this.#pauseMs = Math.min(this.#pauseMs * 2, this.#options.maxMs)
  }

  #saysNothing(error: unknown): boolean {
    if (!(error instanceof Error)) return false
    return isCode(error, 'CANCELLED') || this.#others.has(error) || (error.cause instanceof Error && this.#others.has(error.cause))
  }

  #down(wait: number): VfsError {
    const said = this.#why instanceof Error ? `: ${this.#why.message}` : ''
    const hint = `The storage is tried again in ${Math.ceil(wait / 1000)} s; repeat the call then.`
    return new VfsError('UNAVAILABLE', `the storage did not answer the last ${this.#failures} calls${said}`, {
      cause: this.#why,
      hint,
      details: { retry_after_ms: Math.ceil(wait) },
    })
  }
}

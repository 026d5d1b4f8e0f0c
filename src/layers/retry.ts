import { setTimeout as sleep } from 'node:timers/promises'
import type { Backend } from '../core/backend.ts'
import { throwIfAborted, VfsError } from '../core/error.ts'
import { forward } from './forward.ts'

export interface RetryOptions {
  readonly attempts: number
  readonly baseMs: number
  readonly maxMs: number
}

/**
 * Repeats what may be repeated. Reads and lists start again only before their first part or entry. A write never
 * repeats, because its source is consumed; nor does what has a precondition or moves, because the first attempt may have
 * taken place.
 */
export function retry(inner: Backend, options: RetryOptions): Backend {
  const again = <T>(work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> => repeat(work, options, signal)
  return forward(inner, {
    check: (call) => again(() => inner.check(call), call?.signal),
    locate: (path, call) => again(() => inner.locate(path, call), call?.signal),
    stat: (path, call) => again(() => inner.stat(path, call), call?.signal),
    glance: (path, call) => again(() => inner.glance(path, call), call.signal),
    matches: (path, etag, call) => again(() => inner.matches(path, etag, call), call?.signal),
    list: (path, call) =>
      restartable(
        () => inner.list(path, call),
        (work) => again(work, call?.signal),
      ),
    read: (path, call) =>
      restartable(
        () => inner.read(path, call),
        (work) => again(work, call?.signal),
      ),
    mkdir: (path, call) => again(() => inner.mkdir(path, call), call?.signal),
    remove: (path, call) => (call?.ifMatch === undefined ? again(() => inner.remove(path, call), call?.signal) : inner.remove(path, call)),
  })
}

async function repeat<T>(work: () => Promise<T>, options: RetryOptions, signal: AbortSignal | undefined): Promise<T> {
  const begun = performance.now()
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      const last = attempt >= options.attempts || signal?.aborted === true
      if (last || !(error instanceof VfsError && error.retryable)) throw error
      const wish = asked(error) ?? 0
      if (wish > LONGEST_MS || performance.now() - begun > LONGEST_MS) throw error
      await sleep(Math.max(wish, fullJitter(attempt, options)), undefined, signal ? { signal } : {}).catch(() => throwIfAborted(signal))
    }
  }
}

async function* restartable<T>(open: () => AsyncIterable<T>, again: <R>(work: () => Promise<R>) => Promise<R>): AsyncIterable<T> {
  const { iterator, first } = await again(async () => {
    const opened = open()[Symbol.asyncIterator]()
    return { iterator: opened, first: await opened.next() }
  })
  try {
    for (let item = first; !item.done; item = await iterator.next()) yield item.value
  } finally {
    await iterator.return?.()
  }
}

/**
 * A storage that says when to come again (Retry-After) is not asked before. For a longer pause than this the caller decides, and
 * for another attempt when the last ones took longer: clients give a call up after a minute, and should be told why it failed.
 */
const LONGEST_MS = 10_000

function asked({ details }: VfsError): number | undefined {
  const pause = details['retry_after_ms']
  return typeof pause === 'number' ? pause : undefined
}

/** "Full jitter": Brooker, Exponential Backoff And Jitter, AWS Architecture Blog, 2015. */
const fullJitter = (attempt: number, { baseMs, maxMs }: RetryOptions): number => Math.random() * Math.min(maxMs, baseMs * 2 ** attempt)

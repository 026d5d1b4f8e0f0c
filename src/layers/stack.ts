import type { Backend } from '../core/backend.ts'
import { bandwidth, type BandwidthOptions } from './bandwidth.ts'
import { breaker, type BreakerOptions } from './breaker.ts'
import { cache, type CacheOptions } from './cache.ts'
import { limit, type LimitOptions } from './limit.ts'
import { readOnly } from './read-only.ts'
import { retry, type RetryOptions } from './retry.ts'
import { timeout, type TimeoutOptions } from './timeout.ts'

export interface StackOptions {
  readonly timeout?: TimeoutOptions | undefined
  readonly limit?: LimitOptions | undefined
  readonly retry?: RetryOptions | undefined
  readonly breaker?: BreakerOptions | undefined
  readonly bandwidth?: BandwidthOptions | undefined
  readonly cache?: CacheOptions | undefined
  readonly readOnly?: boolean | undefined
}

/**
 * The layers of a storage, the innermost first: every attempt has its own time, which begins with its turn; whether the
 * storage is down is judged after the last one; waiting for bandwidth is nobody's failure; a cache answers before anything is
 * asked; what is refused reaches nothing. A mount puts its own around them: `metrics`, so that what is measured is what callers wait
 * for, and `callersPaths`.
 */
export function stack(backend: Backend, options: StackOptions): Backend {
  let top = backend
  if (options.timeout) top = timeout(top, options.timeout)
  if (options.limit) top = limit(top, options.limit)
  if (options.retry) top = retry(top, options.retry)
  if (options.breaker) top = breaker(top, options.breaker)
  if (options.bandwidth) top = bandwidth(top, options.bandwidth)
  if (options.cache) top = cache(top, options.cache)
  if (options.readOnly) top = readOnly(top)
  return top
}

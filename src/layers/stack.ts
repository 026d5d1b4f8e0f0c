import type { Backend } from '../core/backend.ts'
import { cache, type CacheOptions } from './cache.ts'
import type { Meter } from './meter.ts'
import { metrics } from './metrics.ts'
import { readOnly } from './read-only.ts'
import { retry, type RetryOptions } from './retry.ts'
import { timeout, type TimeoutOptions } from './timeout.ts'

export interface StackOptions {
  readonly timeout?: TimeoutOptions | undefined
  readonly retry?: RetryOptions | undefined
  readonly cache?: CacheOptions | undefined
  readonly meter?: Meter | undefined
  readonly readOnly?: boolean | undefined
}

/**
 * All layers, the innermost first: every attempt has its own time; a cache answers before anything is repeated; what is
 * measured is what callers wait for, cached or not; what is refused reaches nothing.
 */
export function stack(backend: Backend, options: StackOptions): Backend {
  let top = backend
  if (options.timeout) top = timeout(top, options.timeout)
  if (options.retry) top = retry(top, options.retry)
  if (options.cache) top = cache(top, options.cache)
  if (options.meter) top = metrics(top, options.meter)
  if (options.readOnly) top = readOnly(top)
  return top
}

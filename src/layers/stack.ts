import type { Backend } from '../core/backend.ts'
import { cache, type CacheOptions } from './cache.ts'
import { readOnly } from './read-only.ts'
import { retry, type RetryOptions } from './retry.ts'
import { timeout, type TimeoutOptions } from './timeout.ts'

export interface StackOptions {
  readonly timeout?: TimeoutOptions | undefined
  readonly retry?: RetryOptions | undefined
  readonly cache?: CacheOptions | undefined
  readonly readOnly?: boolean | undefined
}

/**
 * The layers of a storage, the innermost first: every attempt has its own time; a cache answers before anything is repeated;
 * what is refused reaches nothing. A mount puts its own around them: `metrics`, so that what is measured is what callers wait
 * for, and `callersPaths`.
 */
export function stack(backend: Backend, options: StackOptions): Backend {
  let top = backend
  if (options.timeout) top = timeout(top, options.timeout)
  if (options.retry) top = retry(top, options.retry)
  if (options.cache) top = cache(top, options.cache)
  if (options.readOnly) top = readOnly(top)
  return top
}

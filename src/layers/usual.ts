import type { ContentMemory } from './pages.ts'
import type { StackOptions } from './stack.ts'

/** What a person says of one storage, in the configuration's spelling. */
export interface Wishes {
  readonly limits?: { readonly calls?: number | undefined; readonly download?: number | undefined; readonly upload?: number | undefined } | undefined
  readonly cache_ms?: number | undefined
}

/** The layers of every storage of a type. */
export type Usual = Pick<StackOptions, 'timeout' | 'retry' | 'breaker'> & { readonly cacheMs?: number | undefined }

export const RETRY = { attempts: 3, baseMs: 200, maxMs: 2000 }
export const BREAKER = { failures: 5, baseMs: 1000, maxMs: 30_000 }

/** What is in this process or on its disk answers at once, and needs none. */
export const HERE: Usual = {}

/** The layers between the VFS and one storage. */
export function layersOf({ cacheMs, ...usual }: Usual, { limits = {}, cache_ms }: Wishes, memory: ContentMemory): StackOptions {
  const ttlMs = cache_ms ?? cacheMs ?? 0
  return {
    ...usual,
    limit: limits.calls === undefined ? undefined : { calls: limits.calls },
    bandwidth: limits.download === undefined && limits.upload === undefined ? undefined : limits,
    cache: ttlMs === 0 ? undefined : { memory, ttlMs },
  }
}

import type { ContentMemory } from './pages.ts'
import type { StackOptions } from './stack.ts'

/** What a person says of one storage, in the configuration's spelling. */
export interface Wishes {
  readonly limits?: { readonly calls?: number | undefined; readonly download?: number | undefined; readonly upload?: number | undefined } | undefined
  readonly cache_ms?: number | undefined
}

type Usual = Pick<StackOptions, 'timeout' | 'retry' | 'breaker'> & { readonly cacheMs?: number | undefined }

const RETRY = { attempts: 3, baseMs: 200, maxMs: 2000 }
const BREAKER = { failures: 5, baseMs: 1000, maxMs: 30_000 }

/** What is in this process or on its disk answers at once, and needs none. */
const USUAL: ReadonlyMap<string, Usual> = new Map<string, Usual>([
  ['s3', { timeout: { ms: 120_000, writeMs: 600_000 }, breaker: BREAKER, cacheMs: 2000 }], // the SDK repeats what may be repeated, and gives up a server that is silent
  ['cluster', { timeout: { ms: 300_000 }, retry: RETRY, breaker: BREAKER }],
  ['storacha', { timeout: { ms: 300_000 }, breaker: BREAKER }], // so does its client
  ['rclone', { timeout: { ms: 120_000, writeMs: 600_000 }, breaker: BREAKER }], // it repeats by itself
  ['http', { timeout: { ms: 60_000 }, retry: RETRY, cacheMs: 5000 }], // many servers: one that is down says nothing of the others
  ['ipfs', { timeout: { ms: 120_000 }, retry: RETRY, cacheMs: 1000 }],
])

/** True for a type that may be down. */
export const isRemote = (type: string): boolean => USUAL.has(type)

/** The layers between the VFS and a storage of this type. */
export function layersOf(type: string, { limits = {}, cache_ms }: Wishes, memory: ContentMemory): StackOptions {
  const { cacheMs, ...usual } = USUAL.get(type) ?? {}
  const ttlMs = cache_ms ?? cacheMs ?? 0
  return {
    ...usual,
    limit: limits.calls === undefined ? undefined : { calls: limits.calls },
    bandwidth: limits.download === undefined && limits.upload === undefined ? undefined : limits,
    cache: ttlMs === 0 ? undefined : { memory, ttlMs },
  }
}

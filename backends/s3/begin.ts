import { inDoubt, isUnclear } from '../../src/core/effect.ts'
import type { Bucket, Put } from './bucket.ts'
import type { Beginning } from './multipart.ts'
import { CONNECT_MS, SILENCE_MS } from './dial.ts'
import { patiently } from './patience.ts'
import { seen } from './publish.ts'

const TRIES = 3
const BEGUN = 'begun '
const SKEW_MS = 900_000 // AWS refuses requests of a clock that is more wrong

/**
 * Begins an upload that nobody loses: that there may be one is noted before it is asked for, since only the answer names it. One whose answer
 * was lost is ended, and another is begun. The caller notes the name before it sends a part.
 */
export async function begin(bucket: Bucket, key: string, change: string, { staging, ...beginning }: Beginning & Pick<Put, 'staging'>): Promise<string> {
  const since = new Date()
  await staging?.(BEGUN + since.toISOString())
  for (let attempt = 1; ; attempt++) {
    try {
      return await patiently(() => bucket.multipart.begin(key, change, beginning), beginning)
    } catch (error) {
      if (!isUnclear(error)) throw error
      const isEnded = await seen(async () => (await end(bucket, key, since)) || undefined).catch((cause: unknown) => Promise.reject(inDoubt(cause, S3)))
      if (!isEnded) throw inDoubt(error, S3)
      if (attempt === TRIES || beginning.signal?.aborted) throw error
    }
  }
}

/** When the upload was asked for whose name nobody noted. */
export function begunAt(staging: string): Date | undefined {
  return staging.startsWith(BEGUN) ? new Date(staging.slice(BEGUN.length)) : undefined
}

/** Ends one that nobody could name. False if there is none; rejects OUTCOME_UNKNOWN while it may still come. */
export async function endUnnamed(bucket: Bucket, key: string, since: Date): Promise<boolean> {
  if (await end(bucket, key, since)) return true
  if (Date.now() < since.getTime() + CONNECT_MS + SILENCE_MS) throw inDoubt(undefined, S3, 'an upload that was asked for may still begin')
  return false
}

/** Nothing is sent before its name is noted: it is one without parts. That can only be another one if another data folder begins to send the same key just then. */
async function end(bucket: Bucket, key: string, since: Date): Promise<boolean> {
  let ended = false
  for (const { id, begun } of await bucket.multipart.unfinished(key))
    if (begun.getTime() > since.getTime() - SKEW_MS && (await bucket.multipart.isEmpty(key, id))) ended = (await bucket.multipart.abort(key, id)) || ended
  return ended
}

const S3 = { backend: 's3' } as const

import { setTimeout as sleep } from 'node:timers/promises'
import type { Call } from '../../src/core/backend.ts'
import { isUnclear, VfsError } from '../../src/core/error.ts'
import type { Bucket, Put } from './bucket.ts'
import type { Conditions } from './requests.ts'
import { fromS3, isAmbiguous, isRefused } from './errors.ts'
import { patiently } from './patience.ts'

const LOOKS = 3
const BETWEEN_MS = 300 // a lost PUT has been seen to land after 291 ms

/**
 * Makes a request that takes a key's place, and finds out whether it did. A lost answer, and a refusal that may be of our
 * own request's repetition, are looked up by the change's id. The etag of what was written; rejects OUTCOME_UNKNOWN where that
 * cannot be known.
 */
export async function publish(bucket: Bucket, key: string, { change, ...call }: Call & Pick<Put, 'change'>, request: () => Promise<string>): Promise<string> {
  try {
    return await patiently(request, call)
  } catch (error) {
    if (!isAmbiguous(error) && !isRefused(error)) throw fromS3(error)
    const etag = await written(bucket, key, change, isAmbiguous(error) ? LOOKS : 1)
    if (etag !== undefined) return etag
    if (isAmbiguous(error)) throw unknown(error)
    throw fromS3(error)
  }
}

/** Removes an object. A lost answer is looked up: what is gone was removed; rejects OUTCOME_UNKNOWN where the removal may still come. */
export async function withdraw(bucket: Bucket, key: string, conditions: Call & Conditions): Promise<void> {
  try {
    await patiently(() => bucket.delete(key, conditions), conditions)
  } catch (error) {
    if (!isUnclear(error)) throw error
    if (await bucket.head(key).catch((cause: unknown) => Promise.reject(unknown(cause)))) throw unknown(error)
  }
}

/** The etag of the object, if this change wrote it. */
async function written(bucket: Bucket, key: string, change: string, looks: number): Promise<string | undefined> {
  for (let look = 1; ; look++) {
    const found = await bucket.head(key).catch((cause: unknown) => Promise.reject(unknown(cause)))
    if (found?.change === change) return found.etag
    if (look === looks) return undefined
    await sleep(BETWEEN_MS)
  }
}

export const unknown = (cause: unknown): VfsError =>
  new VfsError('OUTCOME_UNKNOWN', 'the storage did not say whether the change took place', { backend: 's3', cause })

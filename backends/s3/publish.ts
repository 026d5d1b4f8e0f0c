import { setTimeout as sleep } from 'node:timers/promises'
import type { Call } from '../../src/core/backend.ts'
import { inDoubt, surely } from '../../src/core/effect.ts'
import { VfsError } from '../../src/core/error.ts'
import type { Bucket, Facts, Put } from './bucket.ts'
import type { Conditions } from './requests.ts'
import { fromS3, isAmbiguous, isRefused } from './errors.ts'
import { patiently } from './patience.ts'

const S3 = { backend: 's3' } as const
const LOOKS = 3
const BETWEEN_MS = 300 // a lost PUT has been seen to land after 291 ms

/**
 * Makes a request that takes a key's place, and finds out whether it did. A lost answer, and a refusal that may be of our
 * own request's repetition, are looked up by the change's id. The etag of what was written; rejects OUTCOME_UNKNOWN where that
 * cannot be known.
 */
export async function publish(bucket: Bucket, key: string, { change, ...call }: Call & Pick<Put, 'change'>, request: () => Promise<string>): Promise<string> {
  const look = (looks: number): Promise<string | undefined> => written(bucket, key, change, looks)
  try {
    return await surely(
      () => patiently(request, call),
      () => look(LOOKS),
      { unclear: isAmbiguous, ...S3 },
    )
  } catch (error) {
    const etag = isRefused(error) ? await look(1) : undefined
    if (etag !== undefined) return etag
    throw fromS3(error)
  }
}

/** Removes an object. A lost answer is looked up: what is gone was removed; rejects OUTCOME_UNKNOWN where the removal may still come. */
export async function withdraw(bucket: Bucket, key: string, conditions: Call & Conditions): Promise<void> {
  await surely(
    () => patiently(() => bucket.delete(key, conditions), conditions),
    async () => !(await bucket.head(key)),
    S3,
  )
}

/** Looks at what the storage says it has copied by itself, for what it was copied from may go next. Rejects IO_ERROR. */
export async function requireCopied(bucket: Bucket, key: string, { change, etag, size }: Pick<Put, 'change'> & Pick<Facts, 'etag' | 'size'>): Promise<void> {
  const found = await bucket.head(key).catch((cause: unknown) => Promise.reject(inDoubt(cause, S3)))
  if (found?.size === size && (found.change === change || found.etag === etag)) return
  throw new VfsError('IO_ERROR', 'the storage says that it has made a copy, which is not there', S3)
}

/** The etag of the object, if this change wrote it. */
function written(bucket: Bucket, key: string, change: string, looks: number): Promise<string | undefined> {
  return seen(async () => {
    const found = await bucket.head(key).catch((cause: unknown) => Promise.reject(inDoubt(cause, S3)))
    return found?.change === change ? found.etag : undefined
  }, looks)
}

/** Looks several times for what may be late; undefined if it was never seen. */
export async function seen<T>(look: () => Promise<T | undefined>, looks = LOOKS): Promise<T | undefined> {
  for (let attempt = 1; ; attempt++) {
    const found = await look()
    if (found !== undefined || attempt === looks) return found
    await sleep(BETWEEN_MS)
  }
}

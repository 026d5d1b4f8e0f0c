import { randomUUID } from 'node:crypto'
import type { Call } from '../../src/core/backend.ts'
import { isCode } from '../../src/core/error.ts'
import type { Bucket, Conditions } from './bucket.ts'
import { fromS3 } from './errors.ts'
import { type Keys, OWN_FOLDER } from './keys.ts'

/** What this server really does; several accept a condition and ignore it. */
export interface Found {
  readonly writable: boolean
  /** Conditions on writing and on removing hold. */
  readonly conditions: boolean
  /** A copy can be told to go only where nothing stands. */
  readonly copyConditions: boolean
  /** Listings can hold control characters, which XML cannot. */
  readonly anyName: boolean
}

const READ_ONLY: Found = { writable: false, conditions: false, copyConditions: false, anyName: true }

/** Tries the conditions on two objects of our own, which are gone afterwards. Rejects what keeps us from the bucket at all. */
export async function probe(bucket: Bucket, keys: Keys, call: Call = {}): Promise<Found> {
  await bucket.page({ ...call, prefix: keys.prefix, most: 1 })
  const key = `${keys.prefix}${OWN_FOLDER}/probe/${randomUUID()}`
  const copy = `${key}-copy`
  try {
    return await tried(bucket, key, copy, call)
  } catch (error) {
    if (isCode(error, 'PERMISSION_DENIED')) return READ_ONLY
    throw error
  } finally {
    for (const made of [key, copy]) await bucket.delete(made).catch(() => {}) // of a server that did not let us make it
  }
}

async function tried(bucket: Bucket, key: string, copy: string, call: Call): Promise<Found> {
  const put = (conditions: Conditions) => bucket.put(key, Buffer.from('polymount'), { ...call, ...conditions, change: 'probe' })
  await put({}).catch((error: unknown) => Promise.reject(fromS3(error, call.signal)))
  const wrong = { ifMatch: '"0123456789abcdef0123456789abcdef"' } as const
  const conditions =
    (await isRefused(put({ ifNoneMatch: '*' }))) && (await isRefused(put(wrong))) && (await isRefused(bucket.delete(key, { ...call, ...wrong })))
  const copies = (): Promise<string> => bucket.copy(key, copy, { ...call, change: 'probe', ifNoneMatch: '*' })
  await copies().catch(() => {}) // a server that cannot is known by the second answer
  const { encoded } = await bucket.page({ ...call, prefix: key, most: 1 })
  return { writable: true, conditions, copyConditions: await isRefused(copies()), anyName: encoded }
}

async function isRefused(request: Promise<unknown>): Promise<boolean> {
  try {
    await request
    return false
  } catch (error) {
    return isCode(fromS3(error), 'CONFLICT')
  }
}

import { randomUUID } from 'node:crypto'
import type { Call } from '../../src/core/backend.ts'
import { collect } from '../../src/core/bytes.ts'
import { isCode, VfsError } from '../../src/core/error.ts'
import type { Bucket } from './bucket.ts'
import type { Conditions } from './requests.ts'
import { fromS3, isBadDigest, isMisunderstood } from './errors.ts'
import { type Keys, type Naming, OWN_FOLDER } from './keys.ts'

/** What this server really does; several accept a condition and ignore it. */
export interface Found extends Naming {
  readonly writable: boolean
  /** Writing only over what is expected holds. */
  readonly replacements: boolean
  /** Removing only what is expected holds. */
  readonly removals: boolean
  /** Writing only where nothing stands holds, and there are servers to which a removed object still stands. */
  readonly creations: boolean
  /** A copy can be told to go only where nothing stands. */
  readonly copyConditions: boolean
  /** What is replaced or removed is kept by the storage. */
  readonly versions: boolean
  /** What is sent with a hash that is not its own is refused. */
  readonly checksums: boolean
}

const READ_ONLY: Found = {
  writable: false,
  replacements: false,
  removals: false,
  creations: false,
  copyConditions: false,
  versions: false,
  checksums: false,
  anyName: true,
  slashes: true,
  ghosts: false,
}

/**
 * Tries it on a few objects of our own, which are gone afterwards. Rejects what keeps us from the bucket at all, and IO_ERROR
 * where what was written does not come back.
 */
export async function probe(bucket: Bucket, keys: Keys, call: Call = {}): Promise<Found> {
  await bucket.page({ ...call, prefix: keys.prefix, most: 1 })
  const folder = `${keys.prefix}${OWN_FOLDER}/probe/`
  const key = `${folder}${randomUUID()}`
  const made: Made = { key, copy: `${key}-copy`, folder: `${key}-folder/` }
  const versions = await bucket.versions.areKept(call).catch(() => false) // not every server knows what that is
  const sweeping = sweep(bucket, folder, versions, call).catch(() => {}) // the next probe tries again
  try {
    return { ...(await tried(bucket, made, call)), versions, ghosts: versions && (await listsEmptied(bucket, `${key}-emptied`, call)) }
  } catch (error) {
    if (isCode(error, 'PERMISSION_DENIED')) return READ_ONLY
    throw error
  } finally {
    for (const each of Object.values(made)) await bucket.delete(each).catch(() => {}) // of a server that did not let us make it
    if (versions) for (const each of Object.values(made)) await bucket.versions.expunge(each).catch(() => {}) // we may not be allowed to
    await sweeping
  }
}

/**
 * The same where nothing may be written: an object that is there tells whether ranges are answered with their own checksum. What is not known is
 * not relied on.
 */
export async function look(bucket: Bucket, keys: Keys, call: Call = {}): Promise<Found> {
  const { objects } = await bucket.page({ ...call, prefix: keys.prefix, most: LOOKED_AT })
  const one = objects.find(({ size }) => size > 1)
  const first = one && collect(bucket.get(one.source, { ...call, range: 'bytes=0-0', ifMatch: one.etag }), MOST)
  await first?.catch((cause: unknown) => {
    const error = fromS3(cause, call.signal)
    if (isMisunderstood(error)) throw doesNotKeep(error)
  })
  return { ...READ_ONLY, writable: true }
}

/** What those have left that were killed. One that still runs is younger: a server refuses requests of a clock that is so wrong. */
async function sweep(bucket: Bucket, folder: string, versions: boolean, call: Call): Promise<void> {
  const { objects } = await bucket.page({ ...call, prefix: folder })
  const old = objects.filter(({ modified }) => Date.now() - modified.getTime() > LONG_AGO_MS)
  for (const { source } of old) await (versions ? bucket.versions.expunge(source.key, call) : bucket.delete(source.key, call))
}

interface Made {
  readonly key: string
  readonly copy: string
  readonly folder: string
}

async function tried(bucket: Bucket, { key, copy, folder }: Made, call: Call): Promise<Omit<Found, 'versions' | 'ghosts'>> {
  const put = (at: string, conditions: Conditions = {}) => bucket.put(at, CONTENT, { ...call, ...conditions, change: 'probe' })
  await givesBack(bucket, key, put(key), call)
  const replacements = await isRefused(put(key, WRONG))
  const copies = (): Promise<string> => bucket.copy({ key }, copy, { ...call, change: 'probe', ifNoneMatch: '*' })
  await copies().catch(() => {}) // a server that cannot is known by the second answer
  const copyConditions = await isRefused(copies())
  const checksums = await bucket.put(copy, CONTENT, { ...call, change: 'probe', crc32: WRONG_CRC }).then(() => false, isBadDigest)
  await bucket.put(folder, NOTHING, { ...call, change: 'probe' }).catch(() => {}) // the same
  const onlyNew = await isRefused(put(key, { ifNoneMatch: '*' }))
  const removals = await isRefused(bucket.delete(key, { ...call, ...WRONG }))
  if (removals || (await bucket.head(key, call))) await bucket.delete(key, call)
  const creations = onlyNew && !(await isRefused(put(key, { ifNoneMatch: '*' })))
  const { objects, encoded } = await bucket.page({ ...call, prefix: folder.slice(0, -1), most: 1 })
  const slashes = objects[0]?.source.key === folder
  return { writable: true, replacements, removals, creations, copyConditions, checksums, anyName: encoded, slashes }
}

async function listsEmptied(bucket: Bucket, folder: string, call: Call): Promise<boolean> {
  const only = `${folder}/only`
  try {
    await bucket.put(only, NOTHING, { ...call, change: 'probe' })
    await bucket.delete(only, call)
    return (await bucket.page({ ...call, prefix: folder, delimiter: '/', most: 1 })).prefixes.length > 0
  } finally {
    await bucket.versions.expunge(only).catch(() => {}) // we may not be allowed to
  }
}

/** Also in parts: there are servers that answer to a range with the checksum of the whole. */
async function givesBack(bucket: Bucket, key: string, put: Promise<string>, { signal }: Call): Promise<void> {
  try {
    const ifMatch = await put
    for (const range of [undefined, 'bytes=2-4']) {
      const bytes = await collect(bucket.get({ key }, { range, ifMatch, signal }), MOST)
      if (!CONTENT.subarray(...(range ? [2, 5] : [])).equals(bytes)) throw new VfsError('IO_ERROR', 'what was written does not come back', { backend: 's3' })
    }
  } catch (cause) {
    const error = fromS3(cause, signal)
    throw isMisunderstood(error) ? doesNotKeep(error) : error
  }
}

const doesNotKeep = (cause: VfsError): VfsError =>
  new VfsError('IO_ERROR', `this server does not keep what is written: ${cause.message}`, { backend: 's3', cause })

async function isRefused(request: Promise<unknown>): Promise<boolean> {
  try {
    await request
    return false
  } catch (error) {
    return isCode(fromS3(error), 'CONFLICT')
  }
}

const CONTENT = Buffer.from('polymount')
const NOTHING = Buffer.alloc(0)
const LONG_AGO_MS = 3_600_000
const LOOKED_AT = 16 // objects
const MOST = 1024 // bytes of what a server may make of it
const WRONG_CRC = 'AAAAAA=='
const WRONG = { ifMatch: '"0123456789abcdef0123456789abcdef"' } as const

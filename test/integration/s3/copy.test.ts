import { truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Bucket } from '../../../backends/s3/bucket.ts'
import { connect } from '../../../backends/s3/connect.ts'
import { copyInParts } from '../../../backends/s3/copy.ts'
import { bytesOf } from '../../../src/core/bytes.ts'
import { vfsPath as p } from '../../../src/core/path.ts'
import { openS3 } from '../../../backends/s3/s3.ts'
import { codeOf, content, noise } from '../../contract/support.ts'
import { needsS3, S3Server } from '../../support/s3.ts'

let server: S3Server
beforeEach(needsS3)
beforeAll(async () => void (server = await S3Server.start()))
afterAll(() => server[Symbol.asyncDispose]())

const MIB = 1 << 20
const BYTES = noise(27 * MIB + 3)

/** A bucket that holds `f`, whose copy takes six parts of this size. */
async function holding(work: (bucket: Bucket, etag: string) => Promise<void>): Promise<void> {
  const options = await server.options()
  await using backend = await openS3(options)
  await backend.write(p('/f'), bytesOf(BYTES))
  const bucket = connect(options)
  await work(bucket, (await bucket.head('f'))?.etag ?? '')
  bucket.close()
}

const sizes = { size: BYTES.length, part: 5 * MIB }

test('what one request does not take is copied in parts, inside the storage, and carries the id of its change', () =>
  holding(async (bucket, etag) => {
    const copied = await copyInParts(bucket, { key: 'f' }, 'copy', sizes, { change: 'c1', ifMatch: etag })
    expect(await bucket.head('copy')).toMatchObject({ size: BYTES.length, etag: copied, change: 'c1' })
    expect((await content(bucket.get({ key: 'copy' }, { ifMatch: copied }))).equals(BYTES)).toBe(true)
    expect(await bucket.multipart.unfinished('copy')).toEqual([])
  }))

test('a source that is replaced meanwhile is not copied, and leaves no upload', () =>
  holding(async (bucket, etag) => {
    await bucket.put('f', noise(BYTES.length, 2), { change: 'c2' })
    await expect(copyInParts(bucket, { key: 'f' }, 'copy', sizes, { change: 'c1', ifMatch: etag })).rejects.toMatchObject({ code: 'CONFLICT' })
    expect(await bucket.head('copy')).toBeUndefined()
    expect(await bucket.multipart.unfinished('copy')).toEqual([])
  }))

test('what is put where a large copy is going, while the server copies, stays, and the copy is refused', async () => {
  const options = await server.options()
  const large = join(server.buckets, options.bucket, 'large')
  await writeFile(large, '')
  await truncate(large, 129 * MIB)
  await using backend = await openS3(options)
  await using other = await openS3(options)
  let put: Promise<unknown> | undefined
  const staging = async (): Promise<void> => void (await (put ??= other.write(p('/g'), bytesOf('of another'), { ifNoneMatch: '*' })))
  const copied = await codeOf(backend.copy(p('/large'), p('/g'), { staging }))
  expect([copied, (await other.stat(p('/g'))).size]).toEqual(['CONFLICT', 'of another'.length])
  const bucket = connect(options)
  expect(await bucket.multipart.unfinished('g')).toEqual([])
  bucket.close()
})

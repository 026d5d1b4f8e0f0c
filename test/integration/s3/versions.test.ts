import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { connect as reach } from '../../../backends/s3/connect.ts'
import { openS3, type S3Options } from '../../../backends/s3/s3.ts'
import { bytesOf } from '../../../src/core/bytes.ts'
import { ROOT, vfsPath as p } from '../../../src/core/path.ts'
import { codeOf, content, noise, text } from '../../contract/support.ts'
import { connect } from '../../support/gateway.ts'
import { needs, S3Server, VERSITY_VERSIONS } from '../../support/s3.ts'

let server: S3Server
beforeEach(needs(VERSITY_VERSIONS))
beforeAll(async () => void (server = await S3Server.start(VERSITY_VERSIONS)))
afterAll(() => server[Symbol.asyncDispose]())

/** Names and sizes of what lies aside. */
async function aside(options: S3Options): Promise<number[]> {
  const bucket = reach(options)
  const { objects } = await bucket.page({ prefix: '.polymount/trash/' })
  bucket.close()
  return objects.map(({ size }) => size)
}

test('what is replaced or removed stays under its version, and a small note says which', async () => {
  const options = await server.options()
  await using backend = await openS3(options)
  const bytes = noise(200_000)
  await backend.write(p('/f'), bytesOf(bytes))
  const kept = await backend.trash?.keep(p('/f'), 'c1')
  expect(kept).toEqual(await backend.stat(p('/f')))
  await backend.write(p('/f'), bytesOf('after'))
  expect(await backend.trash?.contents.stat(p('/c1'))).toMatchObject({ etag: kept?.etag, size: bytes.length })
  expect((await content(backend.trash?.contents.read(p('/c1'), { offset: 100, length: 50 }) ?? bytesOf())).equals(bytes.subarray(100, 150))).toBe(true)
  await backend.trash?.put(p('/f'), 'c2')
  expect(await aside(options)).toEqual([0, 0])
  await backend.trash?.back('c2', p('/f'))
  expect(await text(backend.read(p('/f')))).toBe('after')
  await backend.trash?.drop('c1')
  expect(await aside(options)).toEqual([])
})

test('what was written before the bucket kept versions is copied aside', async () => {
  const options = await server.options()
  await server.keepVersions(options.bucket, false)
  await using backend = await openS3(options)
  await backend.write(p('/f'), bytesOf('before'))
  await server.keepVersions(options.bucket, true)
  await backend.trash?.keep(p('/f'), 'c1')
  await backend.write(p('/f'), bytesOf('after'))
  expect(await aside(options)).toEqual([6])
  expect(await text(backend.trash?.contents.read(p('/c1')) ?? bytesOf())).toBe('before')
})

test('a version that the bucket keeps no longer is told as that, and is dropped like any other', async () => {
  const options = await server.options()
  await using backend = await openS3(options)
  await backend.write(p('/f'), bytesOf('before'))
  await backend.trash?.put(p('/f'), 'c1')
  await expunge(options, 'f')
  expect(await codeOf(backend.trash?.contents.stat(p('/c1')) ?? bytesOf())).toBe('VERSION_NOT_FOUND')
  expect(await codeOf(backend.trash?.back('c1', p('/f')) ?? bytesOf())).toBe('VERSION_NOT_FOUND')
  expect(await Array.fromAsync(backend.list(ROOT))).toEqual([])
  await backend.trash?.drop('c1')
  expect(await aside(options)).toEqual([])
})

test('an undo brings back the version, and nothing of it went through us; one that is gone is said to be', async () => {
  const options = await server.options()
  await using session = await connect({
    env: { S3_ID: options.credentials?.accessKeyId, S3_KEY: options.credentials?.secretAccessKey },
    config: {
      backends: {
        bucket: { type: 's3', options: { bucket: options.bucket, endpoint: options.endpoint, access_key_id: 'env:S3_ID', secret_access_key: 'env:S3_KEY' } },
      },
      mounts: [{ path: '/bucket', backend: 'bucket' }],
    },
  })
  const call = session.call.bind(session)
  const large = 'x'.repeat(300_000)
  const read = async (): Promise<number> => {
    const { mounts } = (await call('vfs_list_mounts')).result as { mounts: { path: string; usage: { bytes_read: number } }[] }
    return mounts.find(({ path }) => path === '/bucket')?.usage.bytes_read ?? -1
  }
  await call('vfs_write', { path: '/bucket/f', content: large })
  const replaced = await call('vfs_write', { path: '/bucket/f', content: 'short', if_match: '*' })
  expect(replaced.ok).toBe(true)
  expect(await read()).toBe(0)
  expect((await call('vfs_undo', { change: replaced.result['change'] })).result).toMatchObject({ conflicts: [] })
  expect((await call('vfs_stat', { path: '/bucket/f' })).result).toMatchObject({ size: large.length })
  const removed = await call('vfs_remove', { path: '/bucket/f', if_match: '*' })
  await expunge(options, 'f')
  const undone = await call('vfs_undo', { change: removed.result['change'] })
  expect([undone.result['error_code'], undone.text]).toEqual(['CONFLICT', expect.stringContaining('keeps this version no longer')])
})

async function expunge(options: S3Options, key: string): Promise<void> {
  const bucket = reach(options)
  await bucket.versions.expunge(key)
  bucket.close()
}

import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { type ConnectedGateway, connect } from '../../support/gateway.ts'
import { freePort, needsS3, S3Server, VERSITY } from '../../support/s3.ts'

let server: S3Server
beforeEach(needsS3)
beforeAll(async () => void (server = await S3Server.start()))
afterAll(() => server[Symbol.asyncDispose]())

const SECRET = 'not-a-secret-of-anyone'

/** A gateway whose `/bucket` is an empty bucket, with its keys by reference. */
async function open(files: Readonly<Record<string, string | Uint8Array>> = {}): Promise<ConnectedGateway> {
  const { bucket, endpoint } = await server.options()
  const options = { bucket, endpoint, access_key_id: 'env:S3_ID', secret_access_key: 'secret:bucket' }
  return connect({
    files,
    env: { S3_ID: 'polymount-test', S3_KEY: SECRET },
    config: {
      secrets: { bucket: { from: 'env:S3_KEY', for: [endpoint] } },
      backends: { bucket: { type: 's3', options } },
      mounts: [{ path: '/bucket', backend: 'bucket' }],
    },
  })
}

test('a tree goes from the disk into the bucket and back, and every change of it can be taken back', async () => {
  await using session = await open({ 'a/one': 'first', 'a/b/two': 'second' })
  const { work } = session
  const call = session.call.bind(session)
  const copied = await call('vfs_copy', { from: `${work}/a`, to: '/bucket/a' })
  expect(copied.ok).toBe(true)
  expect((await call('vfs_read', { path: '/bucket/a/b/two', raw: true })).text).toBe('second')
  const moved = await call('vfs_move', { from: '/bucket/a', to: `${work}/back` })
  expect(moved.ok).toBe(true)
  expect(await readFile(join(work, 'back/b/two'), 'utf8')).toBe('second')
  expect((await call('vfs_stat', { path: '/bucket/a' })).result['error_code']).toBe('NOT_FOUND')
  expect((await call('vfs_undo', { change: moved.result['change'] })).result).toMatchObject({ conflicts: [] })
  expect((await call('vfs_read', { path: '/bucket/a/one', raw: true })).text).toBe('first')
  expect((await readdir(work)).toSorted()).toEqual(['a'])
  expect((await call('vfs_undo', { change: copied.result['change'] })).result).toMatchObject({ conflicts: [] })
  expect((await call('vfs_ls', { path: '/bucket' })).result['entries']).toEqual([])
})

test('an edit is guarded, and a folder deleted by mistake comes back', async () => {
  await using session = await open()
  const call = session.call.bind(session)
  const { result } = await call('vfs_write', { path: '/bucket/p/f.txt', content: 'one\n' })
  expect(result).toMatchObject({ cas: 'native' })
  expect((await call('vfs_edit', { path: '/bucket/p/f.txt', old_string: 'one', new_string: 'two' })).ok).toBe(true)
  const lost = await call('vfs_write', { path: '/bucket/p/f.txt', content: 'three\n', if_match: result['etag'] })
  expect(lost.result['error_code']).toBe('CONFLICT')
  await call('vfs_write', { path: '/bucket/p/q/g.txt', content: 'deep' })
  const removed = await call('vfs_remove', { path: '/bucket/p', recursive: true })
  expect((await call('vfs_ls', { path: '/bucket' })).result['entries']).toEqual([])
  expect((await call('vfs_undo', { change: removed.result['change'] })).result).toMatchObject({ conflicts: [] })
  expect((await call('vfs_read', { path: '/bucket/p/f.txt', raw: true })).text).toBe('two\n')
  expect((await call('vfs_read', { path: '/bucket/p/q/g.txt', raw: true })).text).toBe('deep')
  expect((await call('vfs_history', { path: '/bucket/p/f.txt' })).text).toContain('vfs_edit')
})

test('no answer, no log and no file of the data folder holds the secret', async () => {
  await using session = await open({ f: 'x' })
  const answers = [
    await session.call('vfs_list_mounts'),
    await session.call('vfs_copy', { from: `${session.work}/f`, to: '/bucket/f' }),
    await session.call('vfs_read', { path: '/bucket/no' }),
    await session.call('vfs_history', { path: '/bucket/f' }),
  ]
  const said = JSON.stringify([answers, session.logged, session.gateway.config])
  expect(said).not.toContain(SECRET)
  const data = join(session.work, '../data')
  const files = (await readdir(data, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile())
  for (const { parentPath, name } of files) expect((await readFile(join(parentPath, name))).includes(SECRET), name).toBe(false)
})

test('a secret does not go to an endpoint that it is not for: the mount says so, and the others work', async () => {
  const { bucket, endpoint } = await server.options()
  await using session = await connect({
    files: { f: 'x' },
    env: { S3_KEY: SECRET },
    config: {
      secrets: { bucket: { from: 'env:S3_KEY', for: ['https://elsewhere.example'] } },
      backends: { bucket: { type: 's3', options: { bucket, endpoint, access_key_id: 'secret:bucket', secret_access_key: 'secret:bucket' } } },
      mounts: [{ path: '/bucket', backend: 'bucket' }],
    },
  })
  expect((await session.call('vfs_ls', { path: '/bucket' })).result['error_code']).toBe('DENIED')
  expect((await session.call('vfs_write', { path: '/bucket/f', content: 'x' })).result['error_code']).toBe('DENIED')
  expect(JSON.stringify((await session.call('vfs_list_mounts')).result)).toContain('is not for')
  expect((await session.call('vfs_read', { path: `${session.work}/f`, raw: true })).text).toBe('x')
})

test('a server that is down at the start holds nobody up, and is mounted as soon as it is there', async () => {
  const port = await freePort()
  const options = { bucket: 'bucket-1', endpoint: `http://127.0.0.1:${port}`, access_key_id: 'env:S3_ID', secret_access_key: 'env:S3_KEY' }
  await using session = await connect({
    files: { f: 'x' },
    env: { S3_ID: 'polymount-test', S3_KEY: SECRET },
    config: { backends: { bucket: { type: 's3', options } }, mounts: [{ path: '/bucket', backend: 'bucket' }] },
  })
  expect((await session.call('vfs_write', { path: '/bucket/f', content: 'x' })).result['error_code']).toBe('UNAVAILABLE')
  expect((await session.call('vfs_read', { path: `${session.work}/f`, raw: true })).text).toBe('x')
  await using late = await S3Server.start(VERSITY, port)
  await late.options()
  await vi.waitFor(async () => expect((await session.call('vfs_write', { path: '/bucket/f', content: 'x' })).ok).toBe(true), { timeout: 40_000, interval: 100 })
})

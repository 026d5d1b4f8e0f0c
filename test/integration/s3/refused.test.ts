import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { connect as reach } from '../../../backends/s3/connect.ts'
import { content } from '../../contract/support.ts'
import { noise } from '../../support/content.ts'
import { COPIED, FaultProxy } from '../../support/fault-proxy.ts'
import { connect } from '../../support/gateway.ts'
import { needsS3, S3Server } from '../../support/s3.ts'

let server: S3Server
beforeEach(needsS3)
beforeAll(async () => void (server = await S3Server.start()))
afterAll(() => server[Symbol.asyncDispose]())

/** A gateway over a bucket behind a proxy, with a file in it. */
async function opened() {
  const options = await server.options()
  const proxy = await FaultProxy.start(server.endpoint)
  const { accessKeyId: ID, secretAccessKey: KEY } = options.credentials ?? { accessKeyId: '', secretAccessKey: '' }
  const given = { bucket: options.bucket, endpoint: proxy.endpoint, access_key_id: 'env:ID', secret_access_key: 'env:KEY' }
  const session = await connect({
    env: { ID, KEY },
    files: { near: 'x' },
    config: { backends: { far: { type: 's3', options: given } }, mounts: [{ path: '/far', backend: 'far' }] },
  })
  expect(await session.call('vfs_write', { path: '/far/f', content: 'before' })).toMatchObject({ ok: true })
  const uploads = async (): Promise<number> => {
    const bucket = reach(options)
    const found = await bucket.multipart.unfinished('large')
    bucket.close()
    return found.length
  }
  const close = async (): Promise<void> => {
    await session[Symbol.asyncDispose]()
    await proxy[Symbol.asyncDispose]()
  }
  return { ...session, proxy, uploads, [Symbol.asyncDispose]: close }
}

test.each([
  [403, 'RequestTimeTooSkewed', 'CLOCK_SKEW'],
  [400, 'ExpiredToken', 'CREDENTIALS_EXPIRED'],
  [403, 'AccessDenied', 'PERMISSION_DENIED'],
  [301, 'PermanentRedirect', 'WRONG_REGION'],
  [400, 'AuthorizationHeaderMalformed', 'WRONG_REGION'],
  [507, 'QuotaExceeded', 'QUOTA_EXCEEDED'],
  [503, 'SlowDown', 'RATE_LIMITED'],
] as const)(
  'a bucket that begins to answer %i %s says so, keeps what it had, and goes on as soon as it may',
  async (status, code, error_code) => {
    await using t = await opened()
    const { proxy } = t
    const call = t.call.bind(t)
    proxy.refusing = { line: /^PUT /, status, code }
    expect((await call('vfs_write', { path: '/far/f', content: 'after' })).result).toMatchObject({ error_code })
    expect((await call('vfs_copy', { from: `${t.work}/near`, to: '/far/copied' })).result).toMatchObject({ error_code })
    proxy.refusing = { line: /^(DELETE|POST|PUT) /, status, code }
    expect((await call('vfs_remove', { path: '/far/f' })).result).toMatchObject({ error_code })
    proxy.refusing = { line: /./, status, code }
    expect((await call('vfs_ls', { path: '/far/none' })).result).toMatchObject({ error_code })
    expect((await call('vfs_read', { path: `${t.work}/near`, raw: true })).text).toBe('x')
    proxy.refusing = undefined
    expect(proxy.refused).toBeGreaterThan(3)
    await expect.poll(async () => (await call('vfs_read', { path: '/far/f', raw: true })).text, { timeout: 20_000 }).toBe('before')
    expect((await call('vfs_stat', { path: '/far/copied' })).result).toMatchObject({ error_code: 'NOT_FOUND' })
    expect((await call('vfs_history', { path: '/far' })).text).not.toMatch(/\[(open|being taken back|in_doubt)\]/)
    const written = await call('vfs_write', { path: '/far/f', content: 'after' })
    expect(written).toMatchObject({ ok: true })
    expect(await call('vfs_undo', { change: written.result['change'] })).toMatchObject({ ok: true })
    expect((await call('vfs_read', { path: '/far/f', raw: true })).text).toBe('before')
  },
  60_000,
)

test('a bucket that is full in the middle of a large file keeps no part of it', async () => {
  await using t = await opened()
  await writeFile(join(t.work, 'large'), await content(noise(30 << 20)))
  t.proxy.refusing = { line: /^PUT .*partNumber=2/, status: 507, code: 'QuotaExceeded' }
  expect((await t.call('vfs_copy', { from: `${t.work}/large`, to: '/far/large' })).result).toMatchObject({ error_code: 'QUOTA_EXCEEDED' })
  expect((await t.call('vfs_ls', { path: '/far' })).text).not.toContain('large')
  expect(await t.uploads()).toBe(0)
})

test.each([
  ['vfs_remove', { path: '/far/f' }],
  ['vfs_move', { from: '/far/f', to: '/far/g' }],
  ['vfs_copy', { from: '/far/f', to: '/far/g' }],
  ['vfs_write', { path: '/far/large', content: 'small', if_match: '*' }],
] as const)('a copy that the bucket says it has made, and has not, is found out by %s before anything is lost', async (tool, args) => {
  await using t = await opened()
  const call = t.call.bind(t)
  await writeFile(join(t.work, 'large'), await content(noise(17 << 20)))
  expect((await call('vfs_copy', { from: `${t.work}/large`, to: '/far/large' })).ok).toBe(true)
  const before = (await call('vfs_ls', { path: '/far' })).result['entries']
  t.proxy.instead = { line: /^PUT \S+x-id=CopyObject/, answer: async () => COPIED }
  expect((await call(tool, args)).result).toMatchObject({ error_code: 'IO_ERROR' })
  expect((await call('vfs_ls', { path: '/far' })).result['entries']).toEqual(before)
  t.proxy.instead = undefined
  expect((await call(tool, args)).ok).toBe(true)
})

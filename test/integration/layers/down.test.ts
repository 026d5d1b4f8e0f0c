import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { beforeEach, expect, test } from 'vitest'
import { connect } from '../../support/gateway.ts'
import { needsS3, S3Server } from '../../support/s3.ts'

beforeEach(needsS3)

test('a storage that went down is left alone, its mount says so, and the others go on', async () => {
  await using server = await S3Server.start()
  const { bucket, endpoint } = await server.options()
  const env = { S3_ID: 'polymount-test', S3_KEY: 'not-a-secret-of-anyone' }
  const backends = { far: { type: 's3', options: { bucket, endpoint, access_key_id: 'env:S3_ID', secret_access_key: 'env:S3_KEY' } } }
  await using session = await connect({ env, files: { f: 'near' }, config: { backends, mounts: [{ path: '/far', backend: 'far' }] } })
  const call = session.call.bind(session)
  expect((await call('vfs_write', { path: '/far/f', content: 'far' })).ok).toBe(true)
  await server[Symbol.asyncDispose]()
  const read = async (): Promise<unknown> => (await call('vfs_read', { path: '/far/none' })).result
  const leftAlone = { error_code: 'UNAVAILABLE', context: { retryable: true, retry_after_ms: expect.any(Number) } }
  await expect.poll(read, { timeout: 30_000 }).toMatchObject(leftAlone)
  const [mounts, near] = await Promise.all([call('vfs_list_mounts', {}), call('vfs_read', { path: `${session.work}/f`, raw: true })])
  expect(mounts.result['mounts']).toContainEqual(expect.objectContaining({ path: '/far', health: expect.not.stringMatching('ok') }))
  expect(near.text).toBe('near')
}, 60_000)

test('while one storage gives no answer, the others are read, changed and listed', async () => {
  const silent = createServer().listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const { port } = silent.address() as AddressInfo
  const backends = { far: { type: 'http', options: { files: { '/f': `http://127.0.0.1:${port}/f` } } } }
  await using session = await connect({ files: { f: 'near' }, config: { backends, mounts: [{ path: '/far', backend: 'far' }] } })
  const far = new AbortController()
  const hanging = session.client.callTool({ name: 'vfs_read', arguments: { path: '/far/f' } }, { signal: far.signal }).catch(() => 'cancelled')
  expect((await session.call('vfs_read', { path: `${session.work}/f`, raw: true })).text).toBe('near')
  expect((await session.call('vfs_write', { path: `${session.work}/g`, content: 'x' })).ok).toBe(true)
  expect((await session.call('vfs_ls', { path: '/' })).text).toContain('far')
  far.abort()
  expect(await hanging).toBe('cancelled')
  silent.close()
})

test('with one call at once a tree is searched and copied', async () => {
  const limits = { calls: 1, download: 1 << 20 }
  const backends = { m: { type: 'memory', options: {}, limits, cache_ms: 60_000 } }
  await using session = await connect({ config: { backends, mounts: [{ path: '/m', backend: 'm' }] } })
  const call = session.call.bind(session)
  for (const name of ['a', 'b', 'c/d']) await call('vfs_write', { path: `/m/${name}`, content: `needle in ${name}\n` })
  expect((await call('search_content', { path: '/m', pattern: 'needle' })).text).toContain('/m/c/d:1: needle in c/d')
  expect((await call('vfs_copy', { from: '/m/c', to: '/m/e' })).result).toMatchObject({ bytes: 14 })
  expect((await call('vfs_read', { path: '/m/e/d', raw: true })).text).toBe('needle in c/d\n')
})

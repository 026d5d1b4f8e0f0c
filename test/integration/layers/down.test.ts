import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { beforeEach, expect, test } from 'vitest'
import { findServer } from '../../../scripts/servers/find.ts'
import { RCLONE } from '../../../scripts/servers/programs.ts'
import { connect } from '../../support/gateway.ts'
import { needsRclone } from '../../support/rclone.ts'
import { needsS3, S3Server } from '../../support/s3.ts'

beforeEach(needsS3)
beforeEach(needsRclone)

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

/** Takes connections and says nothing. */
async function silence() {
  const open = new Set<Socket>()
  const server = createServer((socket) => void open.add(socket.on('error', () => {}))).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      for (const socket of open) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

const KEYS = { access_key_id: 'env:KEY', secret_access_key: 'env:KEY' }
const SILENT: readonly (readonly [string, (url: string) => object])[] = [
  ['http', (url) => ({ files: { '/f': `${url}/f` } })],
  ['s3', (endpoint) => ({ bucket: 'b', endpoint, ...KEYS })],
  ['cluster', (api) => ({ api })],
  ['rclone', (url) => ({ remote: `:webdav,url="${url}":` })],
]

test.each(SILENT)('while a storage of type %s gives no answer to a hundred calls, the others are read, changed and listed', async (type, options) => {
  await using silent = await silence()
  const env = { KEY: 'x', PATH: process.env['PATH'], RCLONE_BINARY: await findServer(RCLONE), RCLONE_CONFIG: '/dev/null' }
  const backends = { far: { type, options: options(silent.url) }, near: { type: 'memory' } }
  const mounts = Object.keys(backends).map((name) => ({ path: `/${name}`, backend: name }))
  await using session = await connect({ env, files: { f: 'near' }, config: { backends, mounts } })
  const far = new AbortController()
  const hanging = ['vfs_read', 'vfs_stat', 'vfs_ls', 'vfs_write'].flatMap((name) =>
    Array.from({ length: 25 }, async (_, i) => {
      const given = { path: `/far/${name === 'vfs_write' ? i : 'f'}`, ...(name === 'vfs_write' && { content: 'x' }) }
      return session.client.callTool({ name, arguments: given }, { signal: far.signal }).catch(() => 'cancelled')
    }),
  )
  expect((await session.call('vfs_read', { path: `${session.work}/f`, raw: true })).text).toBe('near')
  for (const path of [`${session.work}/g`, '/near/g']) {
    const written = await session.call('vfs_write', { path, content: 'x' })
    expect(written).toMatchObject({ ok: true })
    expect(await session.call('vfs_undo', { change: written.result['change'] })).toMatchObject({ ok: true })
  }
  expect((await session.call('vfs_ls', { path: '/' })).text).toContain('far')
  expect(await session.call('vfs_list_mounts')).toMatchObject({ ok: true })
  far.abort()
  await Promise.all(hanging)
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

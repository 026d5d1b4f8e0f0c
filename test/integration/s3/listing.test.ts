import * as fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { openS3 } from '../../../backends/s3/s3.ts'
import { bytesOf } from '../../../src/core/bytes.ts'
import { compareNames, join, ROOT, vfsPath as p } from '../../../src/core/path.ts'
import { names } from '../../contract/support.ts'
import { type ConnectedGateway, connect } from '../../support/gateway.ts'
import { ListedBucket } from '../../support/listed-bucket.ts'
import { needsS3, S3Server } from '../../support/s3.ts'

let server: S3Server
beforeEach(needsS3)
beforeAll(async () => void (server = await S3Server.start()))
afterAll(() => server[Symbol.asyncDispose]())

/** Characters before and after "/" in the order of bytes: a key of a folder ends with it, its name does not. */
const name = fc.string({ unit: fc.constantFrom('a', 'b', '-', '.', ' ', '0', 'ä'), minLength: 1, maxLength: 4 }).filter((one) => one !== '.' && one !== '..')

test('files and folders come in the order of their names, from wherever a page begins', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(name, { maxLength: 12 }), fc.infiniteStream(fc.boolean()), name, async (all, isFolder, after) => {
      await using backend = await server.backend()
      for (const one of all) {
        if (isFolder.next().value) await backend.mkdir(join(ROOT, one))
        else await backend.write(join(ROOT, one), bytesOf('x'))
      }
      const listed = async (from?: string) => (await Array.fromAsync(backend.list(ROOT, { after: from }))).map((entry) => entry.name)
      const sorted = all.toSorted(compareNames)
      expect(await listed()).toEqual(sorted)
      expect(await listed(after)).toEqual(sorted.filter((one) => compareNames(one, after) > 0))
    }),
    { numRuns: 25 },
  )
})

test('more names than one page, all of which could follow a folder', async () => {
  await using backend = await server.backend()
  await backend.mkdir(p('/report'))
  const all = Array.from({ length: 1200 }, (_, i) => `report-${String(i).padStart(4, '0')}`)
  for (let i = 0; i < all.length; i += 100) await Promise.all(all.slice(i, i + 100).map((one) => backend.write(p(`/${one}`), bytesOf('x'))))
  expect((await Array.fromAsync(backend.list(ROOT))).map((entry) => entry.name)).toEqual(['report', ...all])
})

test('keys that no path can express are left out and counted, so that nobody takes the listing for all there is', async () => {
  const long = 'n'.repeat(300)
  await using bucket = await ListedBucket.start(['/lead', 'a//f', 'a/f', 'b/../f', './f', 'x', 'x/y', 'full/', long, 'nul\0'])
  await using backend = await openS3(bucket.options)
  expect(backend.notes()).toEqual([])
  expect(await names(backend, ROOT)).toEqual(['a', 'b', 'full', 'x'])
  expect(await names(backend, p('/a'))).toEqual(['f'])
  expect(await names(backend, p('/b'))).toEqual([])
  expect(await names(backend, p('/full'))).toEqual([])
  const [note = '', ...others] = backend.notes()
  expect(others).toEqual([])
  expect(note).toContain(': 8,')
  for (let again = 0; again < 2; again++) await names(backend, ROOT)
  expect(backend.notes()).toEqual([note])
})

test('of very many of them no more is remembered than that there are many', async () => {
  await using bucket = await ListedBucket.start(Array.from({ length: 1500 }, (_, i) => `d/${String(i).padStart(4, '0')}\0`))
  await using backend = await openS3(bucket.options)
  expect(await names(backend, p('/d'))).toEqual([])
  expect(backend.notes()).toEqual([expect.stringContaining('more than 1000')])
})

const opened = ({ options: { endpoint } }: ListedBucket, mount: Readonly<Record<string, unknown>> = {}): Promise<ConnectedGateway> =>
  connect({
    env: { S3_KEY: 'b' },
    config: {
      backends: { bucket: { type: 's3', options: { bucket: 'bucket', endpoint, access_key_id: 'env:S3_KEY', secret_access_key: 'env:S3_KEY' } } },
      mounts: [{ path: '/bucket', backend: 'bucket', ...mount }],
    },
  })

test('vfs_list_mounts tells of them', async () => {
  await using bucket = await ListedBucket.start(['a//f'])
  await using session = await opened(bucket)
  expect((await session.call('vfs_ls', { path: '/bucket/a' })).result).toMatchObject({ entries: [] })
  expect((await session.call('vfs_list_mounts')).result['notes']).toEqual([expect.stringMatching(/^\/bucket: .*: 1, .*"a\/\/"/)])
})

test.each([
  ['no path can express', 'logs//2024/precious', 'INVALID_PATH', '/bucket/logs holds "/"'],
  ['another gateway keeps for undo', 'logs/.polymount/trash/c1', 'NOT_EMPTY', 'logs/.polymount/trash/c1'],
])('a folder with keys that %s cannot be removed or moved, and they stay', async (_, hidden, code, named) => {
  await using bucket = await ListedBucket.start([hidden, 'logs/a'], { writes: true })
  await using session = await opened(bucket)
  bucket.deleted.length = 0 // what the probe had made
  for (const [tool, args, refused, why] of [
    ['vfs_remove', { path: '/bucket/logs', recursive: true }, 'NOT_EMPTY', hidden],
    ['vfs_move', { from: '/bucket/logs', to: '/bucket/moved' }, code, named],
    ['vfs_move', { from: '/bucket/logs', to: `${session.work}/moved` }, code, named],
  ] as const) {
    const { result, text: told } = await session.call(tool, args)
    expect([tool, result['error_code']]).toEqual([tool, refused])
    expect(told).toContain(why)
    expect(bucket.keys.filter((key) => !key.startsWith('.'))).toEqual([hidden, 'logs/a'].toSorted())
  }
  expect((await session.call('vfs_remove', { path: '/bucket/logs/a' })).ok).toBe(true)
  for (const tool of ['vfs_rmdir', 'vfs_remove']) expect((await session.call(tool, { path: '/bucket/logs' })).result['error_code']).toBe('NOT_EMPTY')
  expect(bucket.keys).toContain(hidden)
  expect(bucket.deleted).not.toContain(hidden)
})

test('nor by a removal of what is empty where no versions are kept', async () => {
  await using bucket = await ListedBucket.start(['logs//f'], { writes: true })
  await using session = await opened(bucket, { versions: 'off' })
  for (const tool of ['vfs_rmdir', 'vfs_remove']) expect((await session.call(tool, { path: '/bucket/logs' })).result['error_code']).toBe('NOT_EMPTY')
  expect([bucket.keys.includes('logs//f'), bucket.deleted.includes('logs//f')]).toEqual([true, false])
})

test('what another one puts into an empty folder while that is removed stays', async () => {
  await using bucket = await ListedBucket.start([], { writes: true })
  await using backend = await openS3(bucket.options)
  await backend.mkdir(p('/logs'))
  const isLook = (asked: URLSearchParams): boolean => asked.get('prefix') === 'logs/' && !asked.has('max-keys')
  for (const [when, isThen] of [
    ['early', (_: string, asked: URLSearchParams) => isLook(asked) && !asked.has('delimiter')],
    ['late', (method: string) => method === 'DELETE'],
  ] as const) {
    bucket.before = (method, asked) => {
      if (isThen(method, asked)) bucket.keys = [...bucket.keys, `logs/${when}`]
    }
    await backend.remove(p('/logs')).catch(() => {})
    expect(bucket.keys).toContain(`logs/${when}`)
    bucket.keys = ['logs/']
  }
})

test('a listing that changes while it is paged gives each name once, in order, and all that stayed', async () => {
  const key = (i: number): string => `d/${String(i).padStart(5, '0')}`
  await using bucket = await ListedBucket.start(Array.from({ length: 3000 }, (_, i) => key(2 * i)))
  await using backend = await openS3(bucket.options)
  const seen: string[] = []
  for await (const entry of backend.list(p('/d'))) {
    seen.push(entry.name)
    if (seen.length === 500) bucket.keys = Array.from({ length: 3000 }, (_, i) => key(i < 1500 ? 2 * i + 1 : 2 * i))
  }
  expect(seen).toEqual(seen.toSorted())
  expect(new Set(seen).size).toBe(seen.length)
  for (let i = 1500; i < 3000; i++) expect(seen).toContain(key(2 * i).slice(2))
})

test('the next page is on its way while one is looked at, but not before anybody asks for a second', async () => {
  await using bucket = await ListedBucket.start(Array.from({ length: 4000 }, (_, i) => `d/${String(i).padStart(5, '0')}`))
  await using backend = await openS3(bucket.options)
  const before = bucket.listings
  const listing = backend.list(p('/d'))[Symbol.asyncIterator]()
  const see = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) expect((await listing.next()).done).toBe(false)
  }
  await see(1000)
  const pages = bucket.listings - before
  await see(1)
  await vi.waitFor(() => expect(bucket.listings - before).toBe(pages + 2))
  await see(999)
  expect(bucket.listings - before).toBe(pages + 2)
  await listing.return?.()
})

test('what belongs to polymount itself is neither listed nor reached', async () => {
  await using backend = await server.backend()
  await backend.write(p('/f'), bytesOf('x'))
  await backend.trash?.put(p('/f'), 'c1')
  expect(await Array.fromAsync(backend.list(ROOT))).toEqual([])
  for (const path of ['/.polymount', '/.polymount/trash/c1']) await expect(backend.stat(p(path))).rejects.toMatchObject({ code: 'DENIED' })
  await expect(backend.write(p('/.polymount/x'), bytesOf('x'))).rejects.toMatchObject({ code: 'DENIED' })
})

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { LocalBackend } from '../../../backends/local/local.ts'
import { openS3, type S3Options } from '../../../backends/s3/s3.ts'
import { vfsPath as p } from '../../../src/core/path.ts'
import { CountingProxy } from '../../support/counting-proxy.ts'
import { needsS3, S3Server } from '../../support/s3.ts'
import { call, openTestVfs } from '../../support/vfs.ts'

let server: S3Server
beforeEach(needsS3)
beforeAll(async () => void (server = await S3Server.start()))
afterAll(() => server[Symbol.asyncDispose]())

const FILES = 40

/** A disk and two buckets of a server, all of whose traffic is counted; `/part` shows a part of the first bucket. */
async function ground() {
  const proxy = await CountingProxy.start(server.endpoint)
  const options: S3Options = { ...(await server.options()), endpoint: proxy.endpoint }
  const folder = await mkdtemp(join(tmpdir(), 'polymount-into-'))
  const bucket = await openS3(options)
  const other = await openS3({ ...(await server.options()), endpoint: proxy.endpoint, prefix: 'its/own' })
  const t = await openTestVfs({
    '/disk': new LocalBackend({ root: folder }),
    '/bucket': bucket,
    '/other': other,
    '/part': { backend: bucket, root: p('/part') },
  })
  const into = (from: string, to: string) => t.vfs.copyInto(p(from), p(to), { ...call, concurrency: 16 })
  return Object.assign(t, {
    proxy,
    into,
    async [Symbol.asyncDispose]() {
      await t.vfs[Symbol.asyncDispose]()
      await t.journal[Symbol.asyncDispose]()
      for (const each of [bucket, other]) await each[Symbol.asyncDispose]()
      await proxy[Symbol.asyncDispose]()
      for (const each of [folder, t.folder]) await rm(each, { recursive: true, force: true })
    },
  })
}

test('each new file of a folder is one request, nothing is read back, and the same again asks for listings only', async () => {
  await using t = await ground()
  for (let i = 0; i < FILES; i++) await t.write(`/disk/src/${i}`, `file ${i}`, { parents: true })
  const before = t.proxy.requests
  expect(await t.into('/disk/src', '/bucket/dst')).toMatchObject({ copied: FILES, failed: [] })
  expect(t.proxy.requests - before).toBeLessThan(FILES + 20)
  const first = t.proxy.requests
  expect(await t.into('/disk/src', '/bucket/dst')).toMatchObject({ copied: 0, skipped: FILES, change: null })
  expect(t.proxy.requests - first).toBeLessThan(10)
})

test('inside one bucket no content passes through us, by one mount and by two', async () => {
  await using t = await ground()
  const size = 4 << 20
  await t.vfs.write(p('/bucket/part/big'), Buffer.alloc(size, 'x'), { ...call, parents: true })
  const before = t.proxy.bytes
  expect(await t.into('/bucket/part', '/bucket/copied')).toMatchObject({ copied: 1, bytes: size })
  expect(await t.into('/part/big', '/bucket/again')).toMatchObject({ copied: 1, bytes: size })
  expect(t.proxy.bytes - before).toBeLessThan(size / 10)
  expect((await t.vfs.stat(p('/bucket/again'), call)).size).toBe(size)
})

test('a bucket goes onto the disk and back, and is known then without reading', async () => {
  await using t = await ground()
  for (const name of ['a', 'b/c']) await t.write(`/bucket/src/${name}`, name, { parents: true })
  expect(await t.into('/bucket/src', '/disk/dst')).toMatchObject({ copied: 2 })
  expect(await t.text('/disk/dst/b/c')).toBe('b/c')
  expect(await t.into('/disk/dst', '/bucket/src')).toMatchObject({ copied: 0, skipped: 2 })
})

test('from one bucket into another of the same server no content passes through us either, and it is the same', async () => {
  await using t = await ground()
  const content = Buffer.alloc(4 << 20, 'x')
  for (const name of ['big', 'täglich & mehr']) await t.vfs.write(p(`/bucket/part/${name}`), content, { ...call, parents: true })
  const before = t.proxy.bytes
  expect(await t.into('/bucket/part', '/other/copied')).toMatchObject({ copied: 2, failed: [] })
  const { change } = await t.vfs.move(p('/other/copied/big'), p('/bucket/back'), call)
  expect(t.proxy.bytes - before).toBeLessThan(content.length / 10)
  expect(await t.text('/bucket/back')).toBe(content.toString())
  await expect(t.vfs.stat(p('/other/copied/big'), call)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  expect((await t.vfs.undo({ change: change ?? '' }, call)).conflicts).toEqual([])
  expect(await t.text('/other/copied/big')).toBe(content.toString())
})

test('what changed since it was listed is not copied from another bucket', async () => {
  await using t = await ground()
  await t.write('/bucket/f', 'one')
  const { etag } = await t.vfs.stat(p('/bucket/f'), call)
  await t.write('/bucket/f', 'two')
  await expect(t.vfs.copy(p('/bucket/f'), p('/other/f'), { ...call, ifMatch: etag })).rejects.toMatchObject({ code: 'CONFLICT' })
})

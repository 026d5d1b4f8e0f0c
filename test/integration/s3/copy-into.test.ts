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

/** A disk and a bucket, all of whose traffic is counted; `/part` shows a part of the same bucket. */
async function ground() {
  const proxy = await CountingProxy.start(server.endpoint)
  const options: S3Options = { ...(await server.options()), endpoint: proxy.endpoint }
  const folder = await mkdtemp(join(tmpdir(), 'polymount-into-'))
  const bucket = await openS3(options)
  const t = await openTestVfs({ '/disk': new LocalBackend({ root: folder }), '/bucket': bucket, '/part': { backend: bucket, root: p('/part') } })
  const into = (from: string, to: string) => t.vfs.copyInto(p(from), p(to), { ...call, concurrency: 16 })
  return Object.assign(t, {
    proxy,
    into,
    async [Symbol.asyncDispose]() {
      await t.vfs[Symbol.asyncDispose]()
      await t.journal[Symbol.asyncDispose]()
      await bucket[Symbol.asyncDispose]()
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

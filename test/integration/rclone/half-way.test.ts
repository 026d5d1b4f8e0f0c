import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { connect } from '../../../backends/s3/connect.ts'
import { vfsPath as p } from '../../../src/core/path.ts'
import { codeOf } from '../../contract/support.ts'
import { FaultProxy } from '../../support/fault-proxy.ts'
import { laterIn } from '../../support/program.ts'
import { needsRclone, Rclone } from '../../support/rclone.ts'
import { RCLONE_S3, S3Server } from '../../support/s3.ts'
import { call, openTestVfs, type TestVfs } from '../../support/vfs.ts'

let [control, server]: [Rclone?, S3Server?] = []
beforeEach(needsRclone)
beforeAll(async () => void ([control, server] = await Promise.all([Rclone.control(), S3Server.start(RCLONE_S3)])))
afterAll(async () => {
  await control?.[Symbol.asyncDispose]()
  await server?.[Symbol.asyncDispose]()
})

/** A bucket through rclone, which moves there by a copy and a deletion, behind a proxy. */
async function opened() {
  if (!control || !server) throw new Error('the servers are not there')
  await using parts = new AsyncDisposableStack()
  const proxy = parts.use(await FaultProxy.start(server.endpoint))
  const options = await server.options()
  const direct = parts.adopt(connect(options), async (bucket) => bucket.close())
  const { accessKeyId, secretAccessKey } = options.credentials ?? {}
  const keys = `access_key_id=${accessKeyId},secret_access_key=${secretAccessKey}`
  const remote = `:s3,provider=Rclone,endpoint="${proxy.endpoint}",${keys}:${options.bucket}`
  const vfs = parts.use(await openTestVfs({ '/c': parts.use(await control.backend(remote)) }))
  const owned = parts.move()
  return {
    proxy,
    vfs,
    keys: async (): Promise<string[]> => (await direct.page({ prefix: '' })).objects.map(({ source }) => source.key),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

const write = (t: TestVfs) => t.write('/c/f', 'after')
const removal = (t: TestVfs) => t.vfs.remove(p('/c/f'), call)

test.each([
  ['what is replaced is put aside', write, /^DELETE \S*\/f\?/],
  ['what is new comes to its place', write, /^DELETE \S*\/\.polymount-/],
  ['what is removed is put aside', removal, /^DELETE \S*\/f\?/],
] as const)('a storage refuses the deletion when %s by a copy and that: all is as before, and nothing is left over', async (_, act, line) => {
  await using t = await opened()
  await t.vfs.write('/c/f', 'before')
  t.proxy.refusing = { line, status: 403, code: 'AccessDenied' }
  expect(['PERMISSION_DENIED', 'OUTCOME_UNKNOWN']).toContain(await codeOf(act(t.vfs).then(() => undefined)))
  expect(t.proxy.refused).toBeGreaterThan(0)
  t.proxy.refusing = undefined
  laterIn(t.vfs.folder)
  await t.vfs.journal.recover()
  expect(t.vfs.journal.history({ limit: 1 })).toMatchObject([{ state: 'aborted' }])
  expect(await t.vfs.text('/c/f')).toBe('before')
  expect(await t.keys()).toEqual(['f'])
})

test('where nothing may be deleted at all, a write is refused, named with what it leaves there once nothing of it can come any more, and does not hold its path', async () => {
  await using t = await opened()
  await t.vfs.write('/c/f', 'before')
  t.proxy.refusing = { line: /^DELETE /, status: 403, code: 'AccessDenied' }
  expect(await codeOf(write(t.vfs).then(() => undefined))).toBe('OUTCOME_UNKNOWN')
  await t.vfs.journal.recover()
  expect(t.vfs.journal.history({ limit: 1 })).toMatchObject([{ state: 'in_doubt' }])
  laterIn(t.vfs.folder)
  await t.vfs.journal.recover()
  expect(t.vfs.journal.history({ limit: 1 })).toMatchObject([{ state: 'conflict', reason: expect.stringContaining('refuses to remove') }])
  expect(await t.vfs.text('/c/f')).toBe('before')
  t.proxy.refusing = undefined
  await write(t.vfs)
  expect(await t.vfs.text('/c/f')).toBe('after')
})

test('where what was replaced may not be deleted, a write has taken place, and says what it leaves there', async () => {
  await using t = await opened()
  await t.vfs.write('/c/f', 'before')
  t.proxy.refusing = { line: /^DELETE \S*\/replaced\//, status: 403, code: 'AccessDenied' }
  expect(await codeOf(write(t.vfs).then(() => undefined))).toBe('OUTCOME_UNKNOWN')
  laterIn(t.vfs.folder)
  await t.vfs.journal.recover()
  const [newest] = t.vfs.journal.history({ limit: 1 })
  expect(newest).toMatchObject({ state: 'done', reason: expect.stringContaining('refuses to remove') })
  expect(await t.vfs.text('/c/f')).toBe('after')
  t.proxy.refusing = undefined
  await t.vfs.vfs.undo({ change: newest?.change ?? '' }, call)
  expect(await t.vfs.text('/c/f')).toBe('before')
})

test('where nothing may be deleted at all, a removal is refused, and its path is not locked by that', async () => {
  await using t = await opened()
  await t.vfs.write('/c/f', 'before')
  t.proxy.refusing = { line: /^DELETE /, status: 403, code: 'AccessDenied' }
  for (let i = 0; i < 2; i++) expect(await codeOf(removal(t.vfs).then(() => undefined))).toBe('PERMISSION_DENIED')
  expect(await t.vfs.text('/c/f')).toBe('before')
})

import { readdir } from 'node:fs/promises'
import { beforeEach, expect, test } from 'vitest'
import type { Endpoint } from '../../../backends/rclone/rc.ts'
import { openRclone } from '../../../backends/rclone/rclone.ts'
import { VfsError } from '../../../src/core/error.ts'
import { vfsPath as p } from '../../../src/core/path.ts'
import { codeOf } from '../../contract/support.ts'
import { FaultProxy } from '../../support/fault-proxy.ts'
import { laterIn } from '../../support/program.ts'
import { needsRclone, Rclone } from '../../support/rclone.ts'
import { call, openTestVfs, type TestVfs } from '../../support/vfs.ts'

beforeEach(needsRclone)

const write = (t: TestVfs) => t.write('/c/f', 'after')
const upload: typeof write = (t) => write(t)
const append = (t: TestVfs) => t.write('/c/f', ' and after', { append: true })
const removal = (t: TestVfs) => t.vfs.remove(p('/c/f'), call)
const folder = (t: TestVfs) => t.vfs.mkdir(p('/c/d'), call)

test.each([
  ['what is new is sent', upload, /^PUT \S*\/\.polymount-/],
  ['what is replaced is put aside', write, /^MOVE \S*\/f /],
  ['what is new gets its place', write, /^MOVE \S*\/\.polymount-/],
  ['what is appended to gets its place', append, /^MOVE \S*\/\.polymount-/],
  ['what is removed is put aside', removal, /^MOVE \S*\/f /],
  ['a folder is made', folder, /^MKCOL \S*\/d\//],
] as const)('rclone is killed when %s: that is in doubt, then all is as before, and nothing is left over', async (_, act, line) => {
  await using parts = new AsyncDisposableStack()
  const server = parts.use(await Rclone.serving('webdav'))
  const proxy = parts.use(await FaultProxy.start(server.url))
  let [control, isDead] = [await Rclone.control(), false]
  parts.defer(() => control[Symbol.asyncDispose]())
  const remote = (await server.reached('webdav', control)).replace(server.url, proxy.endpoint)
  const refused = Promise.withResolvers<void>()
  // As whoever watches it says while it is down.
  const endpoint = async (): Promise<Endpoint> => {
    if (!isDead) return control.endpoint
    refused.resolve()
    throw new VfsError('SERVICE_UNAVAILABLE', 'rclone is down')
  }
  const backend = parts.use(await openRclone({ remote, secret: async () => '', endpoint }))
  const t = parts.use(await openTestVfs({ '/c': backend }))
  await t.write('/c/f', 'before')
  const met = proxy.next(line, 'held')
  const told = codeOf(act(t).then(() => undefined))
  await met
  isDead = true
  if (act !== upload) await refused.promise // while it is asked how its work goes on
  await control.kill()
  expect(await told).toBe('OUTCOME_UNKNOWN')
  control = await Rclone.control()
  isDead = false
  laterIn(t.folder)
  await t.journal.recover()
  expect(t.journal.history({ limit: 1 })).toMatchObject([{ state: 'aborted' }])
  expect(await t.text('/c/f')).toBe('before')
  const files = (await readdir(server.folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile())
  expect(files.map(({ name }) => name)).toEqual(['f'])
})

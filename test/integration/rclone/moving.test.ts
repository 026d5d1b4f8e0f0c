import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { RcloneBackend } from '../../../backends/rclone/rclone.ts'
import { vfsPath as p } from '../../../src/core/path.ts'
import { noise } from '../../contract/support.ts'
import { CountingProxy } from '../../support/counting-proxy.ts'
import { needsRclone, Rclone } from '../../support/rclone.ts'
import { call, openTestVfs } from '../../support/vfs.ts'

let control: Rclone, server: Rclone, proxy: CountingProxy
beforeEach(needsRclone)
beforeAll(async () => {
  ;[control, server] = await Promise.all([Rclone.control(), Rclone.serving('sftp')])
  proxy = await CountingProxy.start(server.url)
})
afterAll(async () => {
  for (const each of [proxy, control, server]) await each[Symbol.asyncDispose]()
})

/** A server that can move, and cannot copy. */
async function sftp(): Promise<RcloneBackend> {
  const remote = (await server.reached('sftp', control)).replace(`port=${server.port}`, `port=${new URL(proxy.endpoint).port}`)
  return control.backend(remote + randomUUID())
}

test('a file that moves inside a storage that moves by itself passes through nobody, and comes back in the same way', async () => {
  const backend = await sftp()
  expect(backend.capabilities).toMatchObject({ rename: true, copy: false })
  await using t = await openTestVfs({ '/s': backend })
  const content = noise(4 << 20)
  await t.vfs.write(p('/s/f'), content, call)
  const before = proxy.bytes
  const moved = await t.vfs.move(p('/s/f'), p('/s/deep/g'), call)
  expect(await t.vfs.undo({ change: moved.change! }, call)).toMatchObject({ conflicts: [] })
  await t.vfs.move(p('/s/f'), p('/s/h'), call)
  expect(proxy.bytes - before).toBeLessThan(content.length / 4)
  expect((await t.vfs.stat(p('/s/h'), call)).size).toBe(content.length)
})

import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { RcloneBackend } from '../../../backends/rclone/rclone.ts'
import { bytesOf } from '../../../src/core/bytes.ts'
import { isCode } from '../../../src/core/error.ts'
import { vfsPath as p } from '../../../src/core/path.ts'
import { codeOf, content } from '../../contract/support.ts'
import { noise } from '../../support/content.ts'
import { FaultProxy } from '../../support/fault-proxy.ts'
import { needsRclone, Rclone } from '../../support/rclone.ts'

let control: Rclone
beforeEach(needsRclone)
beforeAll(async () => void (control = await Rclone.control()))
afterAll(() => control[Symbol.asyncDispose]())

/** What rclone tells of a server that fails: never that all is well, and never that there is nothing. */
const FAILED = ['UNAVAILABLE', 'TIMEOUT', 'OUTCOME_UNKNOWN', 'SOURCE_FAILED']

async function opened(cutting = false) {
  const server = await Rclone.serving('webdav')
  const proxy = await FaultProxy.start(server.url)
  const remote = (await server.reached('webdav', control)).replace(server.url, proxy.endpoint)
  proxy.cutting = cutting // before the first connection, which is used again and again
  const backend: RcloneBackend = await control.backend(remote)
  const close = async (): Promise<void> => {
    await backend[Symbol.asyncDispose]()
    await proxy[Symbol.asyncDispose]()
    await server[Symbol.asyncDispose]()
  }
  /** What stands under names that are served, on the disk of the server. */
  const served = async (): Promise<string[]> => (await readdir(server.folder)).filter((name) => !name.startsWith('.polymount'))
  return { server, proxy, backend, served, [Symbol.asyncDispose]: close }
}

test('connections that are cut anywhere: what is read is whole, what is written is whole or not there', { timeout: 120_000 }, async () => {
  await using t = await opened(true)
  const bytes = await content(noise(10 << 20))
  await writeFile(join(t.server.folder, 'given'), bytes)
  for (let i = 0; i < 6; i++) {
    const read = await content(t.backend.read(p('/given'))).catch((error: unknown) => error)
    expect(read instanceof Buffer ? read.equals(bytes) : isCode(read, 'UNAVAILABLE', 'TIMEOUT')).toBe(true)
    expect(['none', ...FAILED]).toContain(await codeOf(t.backend.write(p(`/new${i}`), bytesOf(bytes))))
  }
  expect(t.proxy.cuts).toBeGreaterThan(3)
  for (const name of await t.served()) expect((await readFile(join(t.server.folder, name))).equals(bytes)).toBe(true)
})

test('a server that is killed in the middle of an upload: nothing half stands there, and the storage says that it is gone', { timeout: 120_000 }, async () => {
  await using t = await opened()
  const bytes = await content(noise(4 << 20))
  async function* source() {
    yield bytes
    await t.server.kill()
    yield bytes
  }
  expect(FAILED).toContain(await codeOf(t.backend.write(p('/f'), source())))
  expect(await t.served()).toEqual([])
  expect(FAILED).toContain(await codeOf(t.backend.stat(p('/f'))))
  expect(FAILED).toContain(await codeOf(Array.fromAsync(t.backend.list(p('/')))))
})

test('a server that is killed in the middle of a download: what came is not taken for the file', async () => {
  await using t = await opened()
  const bytes = await content(noise(64 << 20))
  await t.backend.write(p('/f'), bytesOf(bytes))
  const read = (async () => {
    let size = 0
    for await (const part of t.backend.read(p('/f'))) {
      if (size === 0) await t.server.kill()
      size += part.length
    }
    return size
  })()
  const ended = await read.catch((error: unknown) => error)
  expect(ended === bytes.length || isCode(ended, 'UNAVAILABLE', 'TIMEOUT')).toBe(true)
})

import { writeFileSync } from 'node:fs'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { expect, test, vi } from 'vitest'
import { printRaw } from '../../../src/commands/raw.ts'
import { vfsPath as p } from '../../../src/core/path.ts'
import type { Outcome } from '../../../src/registry/envelope.ts'
import type { Services } from '../../../src/registry/services.ts'
import { ReadTools } from '../../../tools/vfs/read.tools.ts'
import { registryOf } from '../../support/toolset.ts'
import { call, openTestVfs } from '../../support/vfs.ts'
import { site } from '../local/site.ts'

const LINES = Array.from({ length: 9000 }, (_, i) => `line ${i}\n`).join('') // three pieces
const OLD = { timeout: 5000 } // some disks store whole seconds

/** Reads a file by lines that is so young at the first piece that its etag stands for its content, and at the next so old that it stands for its times. */
async function readAgeing(between: (host: string) => void): Promise<string> {
  const { backend, host } = await site()
  await using t = await openTestVfs({ '/w': backend })
  await using registry = await registryOf({ classes: { ReadTools }, services: { vfs: t.vfs } as Partial<Services> as Services })
  const invoke = (args: object): Promise<Outcome> => registry.invoke('vfs_read', args, { ...call, signal: AbortSignal.timeout(60_000) })
  const young = (args: object): Promise<Outcome> =>
    vi.waitUntil(async () => {
      writeFileSync(host('f'), LINES)
      const outcome = await invoke(args)
      return String(Reflect.get(outcome.envelope, 'etag')).startsWith('h') && outcome
    }, OLD)
  let pieces = 0
  const source = {
    call: async (args: object): Promise<Outcome> => {
      if (pieces++ === 0) return young(args)
      if (pieces === 2) between(host('f'))
      await vi.waitUntil(async () => (await t.vfs.stat(p('/w/f'), call)).etag.startsWith('s'), OLD)
      return invoke(args)
    },
    holds: (path: string, etag: string) => t.vfs.copies.holds({ path: p(path), etag }, call),
  }
  const stdout = new PassThrough()
  const printed = printRaw(source, { path: '/w/f', offset: 1 }, { raw: true }, { stdout }).finally(() => stdout.end())
  return (await Promise.all([text(stdout), printed]))[0]
}

test('--raw by lines goes on in a file whose etag got another form meanwhile', async () => {
  expect(await readAgeing(() => {})).toBe(LINES)
})

test('--raw by lines is CONFLICT if the file was changed meanwhile', async () => {
  await expect(readAgeing((file) => writeFileSync(file, LINES.replace('line 1\n', 'LINE 1\n')))).rejects.toMatchObject({ code: 'CONFLICT' })
})

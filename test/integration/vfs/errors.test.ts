import { execFileSync } from 'node:child_process'
import { mkdir, symlink } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { VfsError } from '../../../src/core/error.ts'
import { vfsPath as p } from '../../../src/core/path.ts'
import { call, openTestVfs } from '../../support/vfs.ts'
import { site } from '../local/site.ts'

test('errors of a storage tell the path that the caller used, and not where in the storage it lies', async () => {
  const { backend, host } = await site()
  await mkdir(host('hidden/place'), { recursive: true })
  execFileSync('mkfifo', [host('hidden/place/pipe')])
  await symlink('loop', host('hidden/place/loop'))
  await using t = await openTestVfs({ '/w': { backend, root: p('/hidden/place') }, '/m': {} })
  const broken = async function* () {
    yield Buffer.alloc(100_000)
    throw new Error('the source broke')
  }
  const calls: readonly (readonly [path: string, work: () => Promise<unknown>])[] = [
    ['/w/pipe', () => t.vfs.stat(p('/w/pipe'), call)],
    ['/w/pipe', () => t.vfs.copy(p('/w/pipe'), p('/m/pipe'), call)],
    ['/w/pipe', () => t.vfs.move(p('/w/pipe'), p('/w/moved'), call)],
    ['/w/pipe', () => t.vfs.remove(p('/w/pipe'), call)],
    ['/w/pipe', () => t.write('/w/pipe', 'x')],
    ['/w/loop', () => t.text('/w/loop')],
    ['/w/pipe/below', () => t.write('/w/pipe/below', 'x')],
    ['/w/new', () => t.vfs.write(p('/w/new'), broken(), call)],
    ['/w/none', () => Array.fromAsync(t.vfs.list(p('/w/none'), call))],
  ]
  for (const [path, work] of calls) {
    const error: unknown = await work().catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(VfsError)
    expect(error).toMatchObject({ path, message: expect.stringContaining(path) })
    expect(String(error)).not.toContain('hidden')
  }
})

import { mkdir, readlink, symlink, writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { MemoryBackend } from '../../../backends/memory/memory.ts'
import { bytesOf } from '../../../src/core/bytes.ts'
import { vfsPath as p } from '../../../src/core/path.ts'
import { call, openTestVfs } from '../../support/vfs.ts'
import { site } from '../local/site.ts'

test.each(['on', 'off'] as const)('a move whose source changed leaves the file that it was to replace, with versions %s', async (versions) => {
  await using t = await openTestVfs({ '/m': { versions } })
  await t.write('/m/a', 'a')
  await t.write('/m/b', 'b')
  await expect(t.vfs.move(p('/m/a'), p('/m/b'), { ...call, overwrite: true, ifMatch: 'stale' })).rejects.toMatchObject({ code: 'CONFLICT' })
  expect([await t.text('/m/a'), await t.text('/m/b')]).toEqual(['a', 'b'])
})

test('a folder with links is not moved to where they cannot go, and stays whole', async () => {
  const { backend, host } = await site()
  await using t = await openTestVfs({ '/w': backend, '/m': {} })
  await mkdir(host('d/deep'), { recursive: true })
  await writeFile(host('d/f'), 'content')
  await symlink('../f', host('d/deep/link'))
  await expect(t.vfs.move(p('/w/d'), p('/m/d'), call)).rejects.toMatchObject({ code: 'UNSUPPORTED', path: '/w/d/deep/link' })
  expect([await t.names('/m'), await readlink(host('d/deep/link'))]).toEqual([[], '../f'])
  await t.vfs.move(p('/w/d'), p('/w/moved'), call)
  expect(await readlink(host('moved/deep/link'))).toBe('../f')
})

test('a copy that was to make a file does not replace one that came meanwhile', async () => {
  const target = new MemoryBackend()
  /** Another writer is quicker, just when the source is read. */
  class Overtaken extends MemoryBackend {
    override async *read(...args: Parameters<MemoryBackend['read']>): ReturnType<MemoryBackend['read']> {
      await target.write(p('/f'), bytesOf(Buffer.from('theirs')))
      yield* super.read(...args)
    }
  }
  await using t = await openTestVfs({ '/from': new Overtaken(), '/to': target })
  await t.write('/from/f', 'ours')
  await expect(t.vfs.copy(p('/from/f'), p('/to/f'), call)).rejects.toMatchObject({ code: 'CONFLICT' })
  expect(await t.text('/to/f')).toBe('theirs')
})

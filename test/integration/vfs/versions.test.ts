import { mkdir, stat, writeFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { collect } from '../../../src/core/bytes.ts'
import { vfsPath as p } from '../../../src/core/path.ts'
import { call, openTestVfs, type TestVfs } from '../../support/vfs.ts'
import { site } from '../local/site.ts'

const MAX = 1 << 26

async function content({ vfs }: TestVfs, path: string, change: string | null, replaced = false): Promise<string> {
  const version = await vfs.version(p(path), change ?? '', { ...call, replaced })
  return Buffer.from(await collect(version.read(), MAX)).toString()
}

const gone = { code: 'VERSION_NOT_FOUND' }

describe('what a change left', () => {
  test.each([
    ['small', 'A', 'B by an editor'],
    ['of the same size', 'A', 'B'],
    ['large', 'A'.repeat(100_000), 'B'.repeat(100_000)],
  ])('is not what an editor put there before the next change (%s)', async (_, ours, theirs) => {
    const { backend, host } = await site()
    await using t = await openTestVfs({ '/w': backend })
    const first = await t.write('/w/f', ours)
    await writeFile(host('f'), theirs)
    const second = await t.write('/w/f', 'C', { ifMatch: '*' })
    await expect(content(t, '/w/f', first.change)).rejects.toMatchObject(gone)
    await expect(t.vfs.restore(p('/w/f'), first.change!, call)).rejects.toMatchObject(gone)
    expect([await content(t, '/w/f', second.change, true), await t.text('/w/f')]).toEqual([theirs, 'C'])
    await writeFile(host('f'), 'D')
    await t.vfs.remove(p('/w/f'), { ...call, ifMatch: '*' })
    await expect(content(t, '/w/f', second.change)).rejects.toMatchObject(gone)
  })

  test('comes out of the trash, of a file and of a folder above it', async () => {
    const { backend } = await site()
    await using t = await openTestVfs({ '/w': backend })
    const first = await t.write('/w/d/f', 'one', { parents: true })
    await t.vfs.remove(p('/w/d/f'), call)
    expect(await content(t, '/w/d/f', first.change)).toBe('one')
    const second = await t.write('/w/d/f', 'two')
    await t.vfs.remove(p('/w/d'), { ...call, recursive: true })
    expect(await content(t, '/w/d/f', second.change)).toBe('two')
  })

  test('is told of a change of many parts by the part that is of the path', async () => {
    await using t = await openTestVfs({ '/m': {} })
    await t.write('/m/a/f', 'new', { parents: true })
    await t.write('/m/b/f', 'old', { parents: true })
    await t.write('/m/b/other', 'old')
    const copied = await t.vfs.copy(p('/m/a'), p('/m/b'), { ...call, overwrite: true })
    await t.write('/m/b/f', 'later', { ifMatch: '*' })
    expect([await content(t, '/m/b/f', copied.change), await content(t, '/m/b/f', copied.change, true)]).toEqual(['new', 'old'])
    await expect(content(t, '/m/b/other', copied.change)).rejects.toMatchObject(gone)
  })

  test('is, for an undo, what that has put back', async () => {
    await using t = await openTestVfs({ '/m': {} })
    await t.write('/m/f', 'one')
    const { change } = await t.write('/m/f', 'two')
    const undone = await t.vfs.undo({ change: change! }, call)
    await t.write('/m/f', 'three', { ifMatch: '*' })
    expect([await content(t, '/m/f', undone.change), await content(t, '/m/f', undone.change, true)]).toEqual(['one', 'two'])
  })

  test('is not what came to the path after it was moved away with its folder', async () => {
    await using t = await openTestVfs({ '/m': {} })
    const first = await t.write('/m/a/f', 'first', { parents: true })
    const moved = await t.vfs.move(p('/m/a'), p('/m/b'), call)
    await t.write('/m/a/f', 'other', { parents: true })
    await t.write('/m/a/f', 'third')
    await expect(content(t, '/m/a/f', first.change)).rejects.toMatchObject(gone)
    await expect(content(t, '/m/b/f', moved.change)).rejects.toMatchObject(gone)
  })

  test('is nothing, of a change that did not take place', async () => {
    await using t = await openTestVfs({ '/m': {} })
    await t.write('/m/f', 'stays')
    const broken = (async function* () {
      yield Buffer.alloc(100_000)
      throw new Error('the source broke')
    })()
    await expect(t.vfs.write(p('/m/f'), broken, call)).rejects.toMatchObject({ code: 'SOURCE_FAILED' })
    const [failed] = await t.vfs.history(p('/m/f'), { ...call, limit: 1 })
    expect(failed?.state).toBe('aborted')
    await expect(content(t, '/m/f', failed!.change)).rejects.toMatchObject(gone)
  })
})

test('a restored program can be run, and one that stands there keeps its bits', async () => {
  const { backend, host } = await site()
  await using t = await openTestVfs({ '/w': backend })
  await mkdir(host('bin'))
  await writeFile(host('bin/run'), '#!/bin/sh', { mode: 0o755 })
  await writeFile(host('plain'), '')
  const mode = async (name = 'bin/run'): Promise<number> => (await stat(host(name))).mode & 0o777
  const file = await t.vfs.remove(p('/w/bin/run'), call)
  await t.vfs.restore(p('/w/bin/run'), file.change!, call)
  expect(await mode()).toBe(0o755)
  const folder = await t.vfs.remove(p('/w/bin'), { ...call, recursive: true })
  const { change } = await t.write('/w/bin/run', 'plain', { parents: true })
  await t.vfs.restore(p('/w/bin/run'), folder.change!, call)
  expect(await mode()).toBe(await mode('plain'))
  await t.vfs.remove(p('/w/bin/run'), call)
  await t.vfs.restore(p('/w/bin/run'), change!, call)
  expect([await mode(), await t.text('/w/bin/run')]).toEqual([await mode('plain'), 'plain'])
})

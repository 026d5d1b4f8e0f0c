import { mkdir, symlink } from 'node:fs/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { LocalBackend } from '../../../backends/local/local.ts'
import { MemoryBackend } from '../../../backends/memory/memory.ts'
import { vfsPath as p } from '../../../src/core/path.ts'
import { call, openTestVfs, type TestVfs } from '../../support/vfs.ts'
import { site } from '../local/site.ts'

const other = { actor: { client: 'other', session: 's2' } }

async function twoMounts(): Promise<TestVfs> {
  const backend = new MemoryBackend()
  return openTestVfs({ '/a': backend, '/b': backend })
}

async function twoRoots(): Promise<TestVfs> {
  const { backend, host } = await site()
  await mkdir(host('d'))
  const inside = new LocalBackend({ root: host('d') })
  onTestFinished(() => inside[Symbol.asyncDispose]())
  return openTestVfs({ '/a': backend, '/b': inside })
}

async function aLink(): Promise<TestVfs> {
  const { backend, host } = await site()
  await mkdir(host('d'))
  await symlink('d', host('l'))
  await symlink('../d/f', host('d/g'))
  return openTestVfs({ '/a': backend })
}

describe.each([
  ['two mounts of a storage', twoMounts, '/a/f', '/b/f'],
  ['two storages of which one is a folder of the other', twoRoots, '/a/d/f', '/b/f'],
  ['a link to its folder', aLink, '/a/d/f', '/a/l/f'],
  ['a link to it', aLink, '/a/d/f', '/a/d/g'],
])('a file with two names, by %s,', (_, open, first, second) => {
  const ways = [
    [first, second],
    [second, first],
  ] as const

  test.each(ways)('was read as %s: what its session has written as %s is no change by others', async (one, two) => {
    await using t = await open()
    await t.write(first, 'first', other)
    await t.text(one)
    await t.write(two, 'own')
    await t.write(one, 'own again')
    expect(await t.text(two)).toBe('own again')
  })

  test.each(ways)('was read as %s: what others have changed since is not overwritten as %s', async (one, two) => {
    await using t = await open()
    await t.write(first, 'first', other)
    await t.text(one)
    await t.write(one, 'theirs', other)
    await expect(t.write(two, 'lost')).rejects.toMatchObject({ code: 'CONFLICT', path: p(two) })
    expect(await t.text(one)).toBe('theirs')
  })
})

describe('a file that its session has read, and then changed by', () => {
  const f = p('/a/f')
  const over = { ...call, overwrite: true }

  test.each<readonly [string, (t: TestVfs) => Promise<unknown>]>([
    ['the undo of its own write', async (t) => t.vfs.undo({ change: (await t.write('/a/f', 'more')).change ?? '' }, call)],
    ['its removal and the undo of that', async (t) => t.vfs.undo({ change: (await t.vfs.remove(f, call)).change ?? '' }, call)],
    ['a copy over it', (t) => t.vfs.copy(p('/a/g'), f, over)],
    ['a move over it', (t) => t.vfs.move(p('/a/g'), f, over)],
    ['a copy from another storage', (t) => t.vfs.copy(p('/b/g'), f, over)],
    ['the undo of a copy over it', async (t) => t.vfs.undo({ change: (await t.vfs.copy(p('/a/g'), f, over)).change ?? '' }, call)],
  ])('%s, was changed by nobody else', async (_, change) => {
    await using t = await openTestVfs({ '/a': new MemoryBackend(), '/b': new MemoryBackend() })
    for (const path of ['/a/f', '/a/g', '/b/g']) await t.write(path, `of ${path}`, other)
    await t.text('/a/f')
    await change(t)
    await t.write('/a/f', 'own again')
    await t.write('/a/f', 'theirs', { ...other, ifMatch: '*' })
    await expect(t.write('/a/f', 'lost')).rejects.toMatchObject({ code: 'CONFLICT' })
  })
})

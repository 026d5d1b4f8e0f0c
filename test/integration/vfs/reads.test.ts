import { mkdir, symlink } from 'node:fs/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { LocalBackend } from '../../../backends/local/local.ts'
import { MemoryBackend } from '../../../backends/memory/memory.ts'
import { vfsPath as p } from '../../../src/core/path.ts'
import { openTestVfs, type TestVfs } from '../../support/vfs.ts'
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

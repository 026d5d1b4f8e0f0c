import { mkdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { vfsPath as p } from '../../../src/core/path.ts'
import { call, openTestVfs } from '../../support/vfs.ts'
import { site, type Site } from '../local/site.ts'

const LINKS = { file: 'f', folder: 'd', nowhere: 'nothing', outside: '/etc', itself: 'itself' }

/** A folder with a link of every kind. */
async function linked(): Promise<Site> {
  const at = await site()
  await mkdir(at.host('d'))
  await writeFile(at.host('f'), 'content')
  await writeFile(at.host('d/g'), 'content')
  for (const [name, target] of Object.entries(LINKS)) await symlink(target, at.host(name))
  return at
}

const untouched = async ({ host }: Site): Promise<string[]> => Promise.all(['f', 'd/g'].map((name) => readFile(host(name), 'utf8')))

describe.each(Object.entries(LINKS))('a link to %s', (name, target) => {
  test('is removed itself, and comes back to its own place', async () => {
    const at = await linked()
    await using t = await openTestVfs({ '/w': at.backend })
    const { change } = await t.vfs.remove(p(`/w/${name}`), call)
    expect(await t.names('/w')).not.toContain(name)
    expect(await untouched(at)).toEqual(['content', 'content'])
    await t.vfs.undo({ change: change! }, call)
    expect(await readlink(at.host(name))).toBe(target)
  })

  test('is not taken for the folder to which it may lead', async () => {
    const at = await linked()
    await using t = await openTestVfs({ '/w': at.backend })
    const refused = { code: 'NOT_DIRECTORY', message: `/w/${name} is a link` }
    await expect(t.vfs.remove(p(`/w/${name}`), { ...call, recursive: true, folder: true })).rejects.toMatchObject(refused)
    expect(await readlink(at.host(name))).toBe(target)
  })

  test('is moved itself, also over a file, and moved back', async () => {
    const at = await linked()
    await using t = await openTestVfs({ '/w': at.backend })
    await t.write('/w/old', 'old')
    for (const to of ['/w/moved', '/w/old']) {
      const { change } = await t.vfs.move(p(`/w/${name}`), p(to), { ...call, overwrite: true })
      expect(await readlink(at.host(to.slice(3)))).toBe(target)
      expect(await t.names('/w')).not.toContain(name)
      await t.vfs.undo({ change: change! }, call)
      expect(await readlink(at.host(name))).toBe(target)
    }
    expect([await t.text('/w/old'), ...(await untouched(at))]).toEqual(['old', 'content', 'content'])
  })
})

test('a file that takes the place of a link leaves alone what the link led to', async () => {
  const at = await linked()
  await using t = await openTestVfs({ '/w': at.backend })
  await t.write('/w/new', 'new')
  const { change } = await t.vfs.move(p('/w/new'), p('/w/file'), { ...call, overwrite: true })
  expect([await t.text('/w/file'), await t.text('/w/f')]).toEqual(['new', 'content'])
  await t.vfs.undo({ change: change! }, call)
  expect([await readlink(at.host('file')), await t.text('/w/new')]).toEqual(['f', 'new'])
})

test('what is written through a link that leads nowhere is refused for what it is, and is no change', async () => {
  const at = await linked()
  await using t = await openTestVfs({ '/w': at.backend })
  const nowhere = { code: 'NOT_FOUND', retryable: false, message: '/w/nowhere is a link that leads nowhere' }
  await expect(t.write('/w/nowhere', 'x', { parents: true })).rejects.toMatchObject(nowhere)
  await expect(t.write('/w/nowhere', 'x')).rejects.toMatchObject(nowhere)
  expect(t.journal.history({ limit: 10, states: ['done'] })).toEqual([])
})

import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { servedFolders } from '../../../src/config/folders.ts'

let home: string
beforeEach(async () => void (home = await realpath(await mkdtemp(join(tmpdir(), 'polymount-folders-')))))
afterEach(() => rm(home, { recursive: true }))

const served = (named: readonly string[], cwd = home) => servedFolders(named, { cwd, home })

async function folder(path: string): Promise<string> {
  await mkdir(join(home, path), { recursive: true })
  return join(home, path)
}

describe('named folders', () => {
  test('stand at their real paths, read-only where it says so, each once', async () => {
    const a = await folder('a')
    await symlink(a, join(home, 'link'))
    expect(await served(['a', `${a}/`, './link'])).toEqual([{ path: a, readOnly: false }])
    expect(await served(['link:ro'])).toEqual([{ path: a, readOnly: true }])
  })

  test.each([
    [['none'], /none cannot be served \(ENOENT\)/],
    [['none', 'file'], /none cannot be served \(ENOENT\)/],
    [['file'], /file is not a folder/],
    [['a', 'a:ro'], /named twice/],
  ])('%j is refused', async (named, message) => {
    await folder('a')
    await writeFile(join(home, 'file'), '')
    await expect(served(named)).rejects.toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringMatching(message) })
  })
})

test('a named folder that is not there takes no other with it', async () => {
  const a = await folder('a')
  await writeFile(join(home, 'file'), '')
  expect(await served(['none:ro', 'a', 'file'])).toEqual([
    { path: join(home, 'none'), readOnly: true, problem: expect.objectContaining({ message: 'none cannot be served (ENOENT)' }) },
    { path: a, readOnly: false },
    { path: join(home, 'file'), readOnly: false, problem: expect.objectContaining({ message: 'file is not a folder' }) },
  ])
})

describe('without a name', () => {
  test('the current folder is served if it lies in a git work tree', async () => {
    await folder('repo/.git')
    const inside = await folder('repo/src')
    expect(await served([], inside)).toEqual([{ path: inside, readOnly: false }])
  })

  test('a linked work tree counts: its .git is a file', async () => {
    const linked = await folder('linked')
    await writeFile(join(linked, '.git'), 'gitdir: elsewhere')
    expect(await served([], linked)).toHaveLength(1)
  })

  test('nothing is served where it does not, nor at home, nor at /', async () => {
    expect(await served([], await folder('plain'))).toEqual([])
    await folder('.git')
    expect(await served([], home)).toEqual([])
    expect(await served([], '/')).toEqual([])
  })
})

import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, realpath, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openReader } from '../../../backends/local/reader.worker.ts'
import { vfsPath } from '../../../src/core/path.ts'

let base: string
let root: string
beforeEach(async () => {
  base = await realpath(await mkdtemp(join(tmpdir(), 'polymount-reader-')))
  root = join(base, 'root')
  await mkdir(join(root, 'a/b'), { recursive: true })
  await writeFile(join(root, 'a/b/file'), 'content')
  await writeFile(join(root, 'a/other'), 'other')
  await writeFile(join(base, 'outside'), 'outside')
})
afterEach(() => rm(base, { recursive: true }))

function read(path: string, dataFolder?: string): string {
  using reader = openReader({ root, dataFolder })
  const file = reader.open(vfsPath(path))
  const target = Buffer.alloc(100)
  const size = file.read(target)
  expect(file.read(target)).toBe(0)
  file.close()
  return target.toString('utf8', 0, size)
}

test('reads file after file, folder by folder', () => {
  using reader = openReader({ root, dataFolder: undefined })
  for (const [path, content] of [
    ['/a/b/file', 'content'],
    ['/a/other', 'other'],
    ['/a/b/file', 'content'],
  ] as const) {
    const file = reader.open(vfsPath(path))
    const target = Buffer.alloc(4)
    expect(file.read(target)).toBe(4)
    expect(target.toString()).toBe(content.slice(0, 4))
    file.close()
  }
})

test('follows no link, wherever it leads', async () => {
  await symlink('file', join(root, 'a/b/link'))
  await symlink('a', join(root, 'way'))
  await symlink('../outside', join(root, 'out'))
  for (const path of ['/a/b/link', '/way/other', '/out']) expect(() => read(path)).toThrow(/link|ELOOP/)
})

test('opens nothing but plain files, and waits for none', async () => {
  execFileSync('mkfifo', [join(root, 'pipe')])
  for (const path of ['/pipe', '/a', '/a/none', '/']) expect(() => read(path)).toThrow(/plain|ENOENT|INVALID|used/)
})

test('a folder that was replaced by a link is not entered', async () => {
  using reader = openReader({ root, dataFolder: undefined })
  reader.open(vfsPath('/a/b/file')).close()
  await rename(join(root, 'a'), join(base, 'moved'))
  await symlink(join(base, 'moved'), join(root, 'a'))
  expect(() => reader.open(vfsPath('/a/other'))).toThrow('OUTSIDE')
})

test('hides the data folder as the backend does', async () => {
  const dataFolder = join(root, 'data')
  await mkdir(join(dataFolder, 'files'), { recursive: true })
  await writeFile(join(dataFolder, 'journal.db'), 'secret')
  expect(() => read('/data/journal.db', dataFolder)).toThrow('HIDDEN')
  expect(read('/a/other', dataFolder)).toBe('other')
})

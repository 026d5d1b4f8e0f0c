import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { discover } from '../../../src/registry/discover.ts'

async function folderWith(...files: string[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'discover-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  for (const file of files) {
    await mkdir(dirname(join(folder, file)), { recursive: true })
    await writeFile(join(folder, file), `export const file = ${JSON.stringify(file)}`)
  }
  return folder
}

test('tool files are found at every depth, in the order of their paths', async () => {
  const folder = await folderWith(
    'b/b.tools.js',
    'a/deep/a.tools.js',
    'a/z.tools.js',
    'a/helper.js',
    'a/a.tools.d.ts',
    'node_modules/x/x.tools.js',
    '.git/y.tools.js',
  )
  const found = await discover(folder)
  expect(found.map(({ file, exports }) => [file, exports['file']])).toEqual(['a/deep/a.tools.js', 'a/z.tools.js', 'b/b.tools.js'].map((file) => [file, file]))
})

test('each generation reads the files anew', async () => {
  const folder = await folderWith('a.tools.js')
  const [before] = await discover(folder)
  await writeFile(join(folder, 'a.tools.js'), 'export const file = "new"')
  expect((await discover(folder))[0]?.exports).toBe(before?.exports)
  expect((await discover(folder, 1))[0]?.exports['file']).toBe('new')
})

import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { expect, test } from 'vitest'
import { readFile } from '../../../src/content/blocks/reading.ts'
import { temporaryFolder } from '../../support/content.ts'

const MANY = 12 // some are read by this thread, some by another
const outcome = (file: string, most: number) =>
  readFile({ file, most }).then(
    ({ content, crc }) => ({ content: content.toString(), crc }),
    (error: NodeJS.ErrnoException) => ({ code: error.code }),
  )

test.each([
  ['as long as is wanted', 6],
  ['shorter', 9],
  ['longer', 3],
])('a file that is %s is the same whichever thread reads it', async (_, most) => {
  await using folder = await temporaryFolder()
  const file = join(folder.path, 'file')
  await writeFile(file, 'hello')
  const content = 'hello'.slice(0, most)
  const all = await Promise.all(Array.from({ length: MANY }, () => outcome(file, most)))
  expect(all).toEqual(Array.from({ length: MANY }, () => ({ content, crc: crc32(content) })))
})

test('why a file cannot be read is the same whichever thread tries', async () => {
  await using folder = await temporaryFolder()
  await mkdir(join(folder.path, 'folder'))
  for (const [name, code] of [
    ['missing', 'ENOENT'],
    ['folder', 'EISDIR'],
  ] as const) {
    const all = await Promise.all(Array.from({ length: MANY }, () => outcome(join(folder.path, name), 10)))
    expect(all).toEqual(Array.from({ length: MANY }, () => ({ code })))
  }
})

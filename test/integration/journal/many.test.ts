import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { LocalBackend } from '../../../backends/local/local.ts'
import type { Journal } from '../../../src/journal/types.ts'
import { Child } from '../../support/children.ts'
import { open, serving, temporaryFolder } from '../../support/journal.ts'

const FILES = 32
const WRITERS = 64
const PROCESSES = 4

test.each([
  ['none of which dies', 0],
  ['two of which are killed in the middle', 2],
])('four processes with 64 writers each lose no update, %s', { timeout: 60_000 }, async (_, killed) => {
  await using top = await temporaryFolder()
  const [root, data] = [join(top.folder, 'served'), join(top.folder, 'data')]
  await mkdir(root)
  await mkdir(data)
  for (let i = 0; i < FILES; i++) await writeFile(join(root, `${i}`), '0')
  const rounds = killed > 0 ? 3 : 1
  const script = new URL('counting.ts', import.meta.url)
  const children = Array.from({ length: PROCESSES }, () => new Child(script, data, root, `${FILES}`, `${WRITERS}`, `${rounds}`))
  for (const child of children) expect(await child.line()).toBe('running')

  await using journal = await open(data, { volumes: serving(new LocalBackend({ root, dataFolder: data })) })
  for (const child of children.slice(0, killed)) {
    await some(journal, 100)
    await child.kill()
  }
  for (const child of children.slice(killed)) expect(await child.line()).toBe('finished')
  await journal.recover()

  const counters = await Promise.all(Array.from({ length: FILES }, async (__, i) => Number.parseInt(await readFile(join(root, `${i}`), 'utf8'), 10)))
  const done = new Map<string, number>()
  for (const { place } of journal.history({ states: ['done'], limit: 1e6 })) done.set(place.shown, (done.get(place.shown) ?? 0) + 1)
  expect(counters).toEqual(Array.from({ length: FILES }, (__, i) => done.get(`/${i}`) ?? 0))
  const all = counters.reduce((sum, each) => sum + each, 0)
  expect(all).toBeGreaterThanOrEqual((PROCESSES - killed) * WRITERS * rounds)
  expect(all).toBeLessThanOrEqual(PROCESSES * WRITERS * rounds)
  expect(journal.history({ states: ['open', 'aborting', 'in_doubt'], limit: 9 })).toEqual([])
  expect((await readdir(root)).filter((name) => !/^\d+$/.test(name))).toEqual([])
})

/** Waits until that many more changes have been made. */
async function some(journal: Journal, count: number): Promise<void> {
  const [newest] = journal.history({ limit: 1 })
  while (journal.history({ after: newest?.seq, limit: count }).length < count) await new Promise((resolve) => setTimeout(resolve, 5))
}

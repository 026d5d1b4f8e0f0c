import * as fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { MemoryBackend } from '../../../backends/memory/memory.ts'
import { bytesOf } from '../../../src/core/bytes.ts'
import { ROOT, vfsPath } from '../../../src/core/path.ts'
import { findPage, type Page, type PageQuery } from '../../../src/search/page.ts'
import { Search } from '../../../src/search/search.ts'
import { searchable } from '../../support/searchable.ts'

const search = new Search()
afterAll(() => search[Symbol.asyncDispose]())

const ALL: PageQuery = { pattern: 'hit', path: ROOT, output: 'lines', context: 0, ignoreCase: false, literal: false, ignored: true, limit: 100 }
const call = { actor: { client: 'test' } }

async function memoryOf(files: Readonly<Record<string, string>>): Promise<MemoryBackend> {
  const memory = new MemoryBackend()
  for (const [path, content] of Object.entries(files)) await memory.write(vfsPath(path), bytesOf(content))
  return memory
}

async function pages(memory: MemoryBackend, query: Partial<PageQuery>): Promise<Page[]> {
  const all: Page[] = []
  let from: Page['next']
  do {
    const page = await findPage(search, searchable(memory), { ...ALL, ...query, from }, call)
    all.push(page)
    from = page.next
  } while (from)
  return all
}

const hitsOf = (page: Page): string[] => page.findings.flatMap((one) => (one.kind === 'context' ? [] : [`${one.path}:${'line' in one ? one.line : ''}`]))

describe('pages', () => {
  test('hold everything exactly once, in order', async () => {
    const lines = fc.array(fc.constantFrom('hit', 'no'), { maxLength: 12 })
    const files = fc.dictionary(fc.stringMatching(/^[a-c]{1,2}$/), lines, { maxKeys: 5 })
    await fc.assert(
      fc.asyncProperty(
        files,
        fc.integer({ min: 1, max: 7 }),
        fc.integer({ min: 0, max: 3 }),
        fc.constantFrom('lines', 'files', 'count'),
        async (tree, limit, context, output) => {
          const memory = await memoryOf(Object.fromEntries(Object.entries(tree).map(([name, content]) => [`/${name}`, content.join('\n')])))
          const whole = await pages(memory, { output, context })
          const parts = await pages(memory, { output, context, limit })
          expect(whole).toHaveLength(1)
          expect(parts.flatMap(hitsOf)).toEqual(whole.flatMap(hitsOf))
          for (const part of parts) expect(hitsOf(part).length).toBeLessThanOrEqual(limit)
          expect(parts.slice(0, -1).every((part) => hitsOf(part).length === limit)).toBe(true)
        },
      ),
      { numRuns: 60 },
    )
  })

  test('end where a result is full, and go on from there', async () => {
    const memory = await memoryOf(Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`/f${i + 10}`, `hit ${'x'.repeat(5_000)}`])))
    const all = await pages(memory, { limit: 1_000 })
    expect(all.length).toBeGreaterThan(1)
    expect(all.flatMap(hitsOf)).toHaveLength(60)
    for (const page of all) expect(page.findings.map((one) => ('text' in one ? one.text : '')).join('\n').length).toBeLessThan(40_000)
  })

  test('show the lines around their hits and none that stand before the next page', async () => {
    const memory = await memoryOf({ '/f': '1\n2\nhit 3\n4\n5\n6\n7\nhit 8\n9\n' })
    const [first, second, ...rest] = await pages(memory, { context: 2, limit: 1 })
    const lines = (page: Page | undefined): unknown[] => page?.findings.map((one) => ('line' in one ? one.line : undefined)) ?? []
    expect([lines(first), lines(second), rest]).toEqual([[1, 2, 3, 4, 5], [6, 7, 8, 9], []])
  })
})

describe('between two pages', () => {
  test('a change of the file where the first one ended is said', async () => {
    const memory = await memoryOf({ '/a': 'hit 1\nhit 2\nhit 3', '/b': 'hit' })
    const first = await findPage(search, searchable(memory), { ...ALL, limit: 2 }, call)
    expect(first.changed).toBeUndefined()
    await memory.write(vfsPath('/a'), bytesOf('hit 0\nhit 1\nhit 2\nhit 3'))
    const second = await findPage(search, searchable(memory), { ...ALL, from: first.next }, call)
    expect(second.changed).toBe('/a')
    expect(hitsOf(second)).toEqual(['/a:3', '/a:4', '/b:1'])
  })

  test('and so is its end, behind which the search goes on', async () => {
    const memory = await memoryOf({ '/a': 'hit 1\nhit 2\nhit 3', '/b': 'hit' })
    const first = await findPage(search, searchable(memory), { ...ALL, limit: 2 }, call)
    await memory.remove(vfsPath('/a'))
    const second = await findPage(search, searchable(memory), { ...ALL, from: first.next }, call)
    expect(second.changed).toBe('/a')
    expect(hitsOf(second)).toEqual(['/b:1'])
    expect(second.tally.unreadable).toBe(0)
  })
})

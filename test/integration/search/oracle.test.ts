import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import * as fc from 'fast-check'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { LocalBackend } from '../../../backends/local/local.ts'
import { MemoryBackend } from '../../../backends/memory/memory.ts'
import { bytesOf } from '../../../src/core/bytes.ts'
import { isCode } from '../../../src/core/error.ts'
import { parent, ROOT, vfsPath } from '../../../src/core/path.ts'
import type { Query } from '../../../src/search/run.ts'
import { Search } from '../../../src/search/search.ts'
import type { Searchable } from '../../../src/search/types.ts'
import { requires } from '../../support/requires.ts'
import { isNativeThere, nativeHits } from '../../support/ripgrep.ts'
import { searchable } from '../../support/searchable.ts'

type Tree = Readonly<Record<string, Uint8Array>>

const search = new Search()
afterAll(() => search[Symbol.asyncDispose]())
beforeEach(requires('native ripgrep', isNativeThere))

const ALL: Query = { pattern: 'hit', path: ROOT, output: 'lines', context: 0, ignoreCase: false, literal: false, ignored: true, limit: 1e9 }

async function ourHits(vfs: Searchable, query: Partial<Query>): Promise<string[]> {
  const found = await Array.fromAsync(search.hits(vfs, { ...ALL, ...query }, { actor: { client: 'test' } }))
  return found.flatMap((one) => (one.kind === 'hit' ? [`${one.path}:${one.line}:${one.column}:${one.text}`] : []))
}

async function onDisk(tree: Tree): Promise<AsyncDisposable & { readonly folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'polymount-search-'))
  for (const [path, content] of Object.entries(tree)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), content)
  }
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) }
}

async function inMemory(tree: Tree): Promise<MemoryBackend> {
  const memory = new MemoryBackend()
  for (const [path, content] of Object.entries(tree)) {
    const folders: ReturnType<typeof vfsPath>[] = []
    for (let folder = parent(vfsPath(`/${path}`)); folder !== ROOT; folder = parent(folder)) folders.unshift(folder)
    for (const folder of folders) await memory.mkdir(folder)
    await memory.write(vfsPath(`/${path}`), bytesOf(content))
  }
  return memory
}

const text = (content: string): Buffer => Buffer.from(content)

const ODD: Tree = {
  'a b/ä/-x': text('one hit\ntwo\n'),
  'a b/q"uote\'s': text('hit'),
  'a-b': text('Hit\nHIT hit\n'),
  'a b/日本/\u{1f600}.txt': text('ein hit ü\n'),
  '.hidden/.file': text('hit\n'),
  'colon:12:3:': text('hit:12:hit\n'),
  empty: text(''),
  crlf: text('hit\r\nno\r\na hit\r\n'),
  'lone-cr': text('hit\rhit\n'),
  bom: text('\ufeffhit\n'),
  latin1: Buffer.from('caf\xe9 hit\n', 'latin1'),
  utf16le: Buffer.from('\ufeffno\nhit ü\n', 'utf16le'),
  utf16be: Buffer.from(Buffer.from('\ufeffno\nhit ü\n', 'utf16le')).swap16(),
  'binary-first': Buffer.from('\0hit\n'),
  'no-end': text('\n\n\nhit'),
  many: text('hit hit\n'.repeat(3_000)),
  'longer-than-a-piece': text(`${'x y z\n'.repeat(250_000)}hit\n${'x y z\n'.repeat(250_000)}hit`),
  'long-line': text(`${'x'.repeat(100)}\n${'y'.repeat(8 * 2 ** 20)}\nhit\n`),
}

const QUERIES: readonly (readonly [Partial<Query>, readonly string[]])[] = [
  [{}, ['-e', 'hit']],
  [{ ignoreCase: true }, ['-i', '-e', 'hit']],
  [{ pattern: ':12:', literal: true }, ['-F', '-e', ':12:']],
  [{ pattern: '^hit$' }, ['-e', '^hit$']],
  [{ pattern: '\\bh\\w+\\s[^\\x00-\\x7F]' }, ['-e', '\\bh\\w+\\s[^\\x00-\\x7F]']],
  [{ pattern: '^.?$' }, ['-e', '^.?$']],
]

describe('the same hits as native ripgrep, in an order of our own', () => {
  test.each(QUERIES)('%j', async (query, args) => {
    await using disk = await onDisk(ODD)
    await using local = new LocalBackend({ root: disk.folder })
    await using memory = await inMemory(ODD)
    const cut = (line: string): string => (line.length > 1_000 ? '(long)' : line)
    const expected = (await nativeHits(disk.folder, args)).map(cut).toSorted()
    expect(expected.length).toBeGreaterThan(0)
    for (const vfs of [searchable(local), searchable(memory)]) expect((await ourHits(vfs, query)).map(cut).toSorted()).toEqual(expected)
  })

  test('of generated contents and patterns', async () => {
    const word = fc.constantFrom('hit', 'Hit', 'ä', '\u{1f600}', '\r\n', '\n', '\r', ' ', 'aaa', '.', '\ufeff', '-', ':', '1')
    const content = fc.oneof(
      fc.array(word, { maxLength: 30 }).map((words) => text(words.join(''))),
      fc.uint8Array({ maxLength: 40, min: 1 }).map((bytes) => Buffer.from(bytes)),
    )
    const atom = fc.constantFrom('hit', 'H', '.', '\\w', '\\s', 'ä', '[^a]', '^', '$', '\\b', '-', ':', '1')
    const pattern = fc.array(
      fc.tuple(atom, fc.constantFrom('', '', '*', '+', '?')).map(([one, times]) => (/^[\^$]|\\b/.test(one) ? one : one + times)),
      { minLength: 1, maxLength: 4 },
    )
    const tree = fc.dictionary(fc.stringMatching(/^[a-c][-. ]?[x-z]$/), content, { minKeys: 1, maxKeys: 6 })
    await fc.assert(
      fc.asyncProperty(tree, pattern, fc.boolean(), async (files, parts, ignoreCase) => {
        await using disk = await onDisk(files)
        await using memory = await inMemory(files)
        const args = [...(ignoreCase ? ['-i'] : []), '-e', parts.join('')]
        const expected = (await nativeHits(disk.folder, args)).toSorted()
        expect((await ourHits(searchable(memory), { pattern: parts.join(''), ignoreCase })).toSorted()).toEqual(expected)
      }),
      { numRuns: 150 },
    )
  })
})

test('a pattern that native ripgrep refuses is INVALID_PATTERN', async () => {
  await using disk = await onDisk({ a: text('a') })
  await using memory = await inMemory({})
  for (const pattern of ['(', '[z-a]', 'a{2,1}', '\\p{Nothing}', '*', '(?<=a)b']) {
    await expect(nativeHits(disk.folder, ['-e', pattern])).rejects.toThrow('rg:')
    await expect(ourHits(searchable(memory), { pattern })).rejects.toSatisfy((error) => isCode(error, 'INVALID_PATTERN'))
  }
})

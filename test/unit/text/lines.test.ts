import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Bytes, Range } from '../../../src/core/backend.ts'
import { detectText, endingOf, formatSize } from '../../../src/text/encoding.ts'
import { LineIndex } from '../../../src/text/line-index.ts'
import { type LineQuery, type LineSlice, type LineSource, MAX_LINE, readLines } from '../../../src/text/lines.ts'

/** A file in memory that counts what is read of it. */
function sourceOf(content: Buffer, chunk = 64 * 1024): LineSource & { readonly bytes: () => number } {
  let bytes = 0
  async function* read({ offset = 0 }: Range): Bytes {
    for (let at = offset; at < content.length; at += chunk) {
      const part = content.subarray(at, at + chunk)
      bytes += part.length
      yield part
    }
  }
  const kind = detectText(content, true)
  if (!kind) throw new Error('not a text')
  return { key: 'file', size: content.length, kind, read, bytes: () => bytes }
}

const ALL = { offset: 1, limit: 1e6, budget: Infinity }
const lines = (source: LineSource, query: Partial<LineQuery> = {}, index = new LineIndex()): Promise<LineSlice> =>
  readLines(source, { ...ALL, ...query }, index)
const texts = async (content: string | Buffer, query: Partial<LineQuery> = {}): Promise<string[]> =>
  (await lines(sourceOf(Buffer.from(content)), query)).lines.map(({ text }) => text)

describe('lines of a text', () => {
  test.each([
    ['', []],
    ['a', ['a']],
    ['a\n', ['a']],
    ['a\nb', ['a', 'b']],
    ['\n\n', ['', '']],
    ['a\r\nb\r\n', ['a', 'b']],
    ['\uFEFFa\n', ['a']],
    ['ä\n😀', ['ä', '😀']],
  ])('%j', async (content, expected) => {
    expect(await texts(content)).toEqual(expected)
  })

  test('Latin-1 and UTF-16', async () => {
    expect(await texts(Buffer.from('caf\xE9\nx', 'latin1'))).toEqual(['café', 'x'])
    expect(await texts(Buffer.from('\uFEFFä\r\n€', 'utf16le'))).toEqual(['ä', '€'])
    expect(await texts(Buffer.from('\uFEFFä\r\n€\n', 'utf16le').swap16(), { offset: -1 })).toEqual(['€'])
    expect(await texts(Buffer.from('\uFEFFa\nb\nc\n', 'utf16le'), { offset: 2 })).toEqual(['b', 'c'])
  })

  test('a page, and where to go on', async () => {
    const source = sourceOf(Buffer.from('1\n2\n3\n4\n5\n'))
    expect(await lines(source, { offset: 2, limit: 2 })).toMatchObject({ first: 2, next: 4, total: 5 })
    expect(await lines(source, { offset: 4, limit: 2 })).toMatchObject({ first: 4, next: null, total: 5 })
    expect(await lines(source, { offset: 9 })).toMatchObject({ first: 9, next: null, total: 5, lines: [] })
    expect(await lines(source, { offset: -2 })).toMatchObject({ first: 4, next: null, total: 5 })
    expect(await lines(source, { offset: -4, limit: 2 })).toMatchObject({ first: 2, next: 4, total: 5 })
    expect(await lines(source, { offset: -99, limit: 1 })).toMatchObject({ first: 1, next: 2, total: 5 })
  })

  test('as many lines as the budget allows, but at least one', async () => {
    const source = sourceOf(Buffer.from('aaaaaaaaaaaa\nb\nc\n'))
    expect(await lines(source, { budget: 5 })).toMatchObject({ lines: [{ text: 'aaaaaaaaaaaa' }], next: 2 })
    expect(await lines(source, { offset: -3, budget: 5 })).toMatchObject({ lines: [{ text: 'aaaaaaaaaaaa' }], next: 2 })
  })

  test('only the beginning of a long line, and where it goes on', async () => {
    const [line] = (await lines(sourceOf(Buffer.from(`${'ä'.repeat(3000)}\nb`)))).lines
    expect(line).toMatchObject({ text: 'ä'.repeat(MAX_LINE), cutAt: MAX_LINE * 2 })
    const [next] = (await lines(sourceOf(Buffer.from(`x\n${'😀'.repeat(3000)}`)), { offset: 2 })).lines
    expect(next).toMatchObject({ text: '😀'.repeat(MAX_LINE / 2), cutAt: 2 + MAX_LINE * 2, ending: '' })
  })

  test('however the bytes are cut', async () => {
    const text = fc.array(fc.constantFrom('a', 'ä', '😀', '\n', '\r\n', 'word ')).map((parts) => parts.join(''))
    await fc.assert(
      fc.asyncProperty(text, fc.integer({ min: 1, max: 7 }), fc.integer({ min: -6, max: 6 }), async (content, chunk, offset) => {
        const expected = content
          .replace(/\r?\n$/, '')
          .split(/\r?\n/)
          .slice(0, content === '' ? 0 : undefined)
        const from = offset < 0 ? Math.max(0, expected.length + offset) : Math.max(0, offset - 1)
        const got = await lines(sourceOf(Buffer.from(content), chunk), { offset, limit: 3 })
        expect(got.lines.map((line) => line.text)).toEqual(expected.slice(from, from + 3))
      }),
    )
  })
})

describe('a large file', () => {
  const large = Buffer.from(Array.from({ length: 1_200_000 }, (_, i) => `line ${i + 1} of many\n`).join('')) // 28 MB

  test('is read no further than the page, and its end stays unknown', async () => {
    const source = sourceOf(large)
    expect(await lines(source, { limit: 10 })).toMatchObject({ first: 1, next: 11, total: null })
    expect(source.bytes()).toBeLessThan(200_000)
  })

  test('is not read from the beginning again for the next page', async () => {
    const [index, source] = [new LineIndex(), sourceOf(large)]
    await lines(source, { offset: 1_000_000, limit: 10 }, index)
    const before = source.bytes()
    const page = await lines(source, { offset: 1_000_010, limit: 10 }, index)
    expect(page.lines[0]?.text).toBe('line 1000010 of many')
    expect(source.bytes() - before).toBeLessThan(2_000_000)
  })

  test('tells its length once its end was seen', async () => {
    const [index, source] = [new LineIndex(), sourceOf(large)]
    await lines(source, { offset: 1_200_000 }, index)
    expect(await lines(source, { limit: 1 }, index)).toMatchObject({ next: 2, total: 1_200_000 })
  })

  test('is read from its end for its last lines, which are counted from there', async () => {
    const source = sourceOf(large)
    const page = await lines(source, { offset: -3, limit: 2 })
    expect(page).toMatchObject({ first: -3, next: -1, total: null })
    expect(page.lines.map(({ text }) => text)).toEqual(['line 1199998 of many', 'line 1199999 of many'])
    expect(source.bytes()).toBeLessThan(5_000_000)
  })

  test('is read further back if its last lines are long', async () => {
    const source = sourceOf(Buffer.from(`${'x'.repeat(3_000_000)}\n`.repeat(8)))
    expect(await lines(source, { offset: -2 })).toMatchObject({ first: -2, lines: [{}, {}], next: null })
    expect(await lines(source, { offset: -9 })).toMatchObject({ first: 1, lines: Array.from({ length: 8 }, () => ({})), total: 8 })
  })
})

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1 KB'],
  [1536, '1.5 KB'],
  [49_152, '48 KB'],
  [1024 ** 3, '1 GB'],
  [1024 ** 5, '1024 TB'],
])('%d bytes are %s', (bytes, expected) => expect(formatSize(bytes)).toBe(expected))

test.each([
  ['a', 'none'],
  ['a\nb', 'LF'],
  ['a\r\n', 'CRLF'],
  ['a\r\nb\n', 'mixed'],
])('lines of %j end in %s', (text, expected) => expect(endingOf(Buffer.from(text))).toBe(expected))

test('a character that the sample cuts in two is no reason for another encoding', () => {
  const text = Buffer.from('aä😀')
  for (let end = 1; end < text.length; end++) expect(detectText(text.subarray(0, end), false)).toMatchObject({ encoding: 'utf-8' })
  expect(detectText(text.subarray(0, 2), true)).toMatchObject({ encoding: 'latin-1' })
  expect(detectText(Buffer.from([0x61, 0x80, 0x80, 0x80, 0x80]), false)).toMatchObject({ encoding: 'latin-1' })
  expect(detectText(Buffer.from('a\0b'), true)).toBeUndefined()
})

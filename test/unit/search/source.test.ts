import { expect, test } from 'vitest'
import { MAX_LINE_BYTES } from '../../../src/search/limits.ts'
import { bytesSource, type Cut, type Source, TextReader } from '../../../src/search/source.ts'

/** What the engine gets when it reads in steps of `step`, and why the file was cut. */
function readAll(source: Source, step = 7): { text: string; cuts: Cut[] } {
  const cuts: Cut[] = []
  const reader = new TextReader(source, (why) => cuts.push(why))
  const parts: Buffer[] = []
  for (;;) {
    const target = Buffer.alloc(step)
    const size = reader.read(target)
    if (size === 0) break
    parts.push(target.subarray(0, size))
  }
  reader.close()
  return { text: Buffer.concat(parts).toString('latin1'), cuts }
}

function chunks(...parts: (string | Uint8Array)[]): Source {
  const rest = parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part))
  return { next: () => rest.shift(), close() {} }
}

test('hands on every byte, whatever the steps', () => {
  const text = 'one\ntwo\r\nthree'
  for (const step of [1, 3, 64]) expect(readAll(chunks('one\nt', 'wo\r\n', 'three'), step)).toEqual({ text, cuts: [] })
  expect(readAll(bytesSource(Buffer.from(text)))).toEqual({ text, cuts: [] })
})

test('nothing is nothing', () => {
  expect(readAll(bytesSource(new Uint8Array()))).toEqual({ text: '', cuts: [] })
})

test('a NUL ends the file at the chunk that has it, and says so once', () => {
  expect(readAll(chunks('ab\n', 'c\0d', 'e'))).toEqual({ text: 'ab\n', cuts: ['binary'] })
})

test('UTF-16 is text in spite of its NULs, UTF-32 is not', () => {
  const utf16 = Buffer.from('\ufeffhit\n', 'utf16le')
  expect(readAll(bytesSource(utf16)).cuts).toEqual([])
  expect(readAll(bytesSource(Buffer.from(utf16).swap16())).cuts).toEqual([])
  expect(readAll(bytesSource(Buffer.from([0xff, 0xfe, 0, 0, 65, 0, 0, 0]))).cuts).toEqual(['binary'])
})

test('the longest line is whole; one byte more ends the file before it', () => {
  const half = Buffer.alloc(MAX_LINE_BYTES / 2, 'x')
  expect(readAll(chunks('a\n', half, half, '\nrest'), 1 << 20).text).toHaveLength(MAX_LINE_BYTES + 7)
  expect(readAll(chunks('a\n', half, half, 'x\nrest'), 1 << 20)).toMatchObject({ cuts: ['long_line'] })
  expect(readAll(chunks(half, 'x\n', half, half, '\n'), 1 << 20).cuts).toEqual([])
})

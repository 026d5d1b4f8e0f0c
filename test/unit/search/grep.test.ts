import { describe, expect, test } from 'vitest'
import { engine } from '../../../src/search/engine.ts'
import { type Feed, grep, type Outcome, type Task } from '../../../src/search/grep.ts'
import { bytesSource, type Source } from '../../../src/search/source.ts'

const rg = await engine()
const ALL: Task = { pattern: 'hit', output: 'lines', context: 0, ignoreCase: false, literal: false, files: 0, limit: 1_000, afterLine: 0 }

function search(files: readonly (string | Uint8Array)[], task: Partial<Task> = {}, feed: Partial<Feed> = {}): Outcome {
  const contents = files.map((file) => (typeof file === 'string' ? Buffer.from(file) : file))
  const open: Feed['open'] = (file) => bytesSource(contents[file] ?? new Uint8Array())
  return grep(rg, { ...ALL, ...task, files: files.length }, { open, stopped: () => false, ...feed })
}

function fail(why: string): never {
  throw new Error(why)
}

const lines = ({ found }: Outcome): unknown[] => found.map((one) => ('text' in one ? `${one.file}:${one.line}:${one.text}` : one))

describe('what is found', () => {
  test('lines, in the order of the files', () => {
    expect(lines(search(['no\nhit a\n', '', 'hit b']))).toEqual(['0:2:hit a', '2:1:hit b'])
  })

  test('with the column in bytes', () => {
    expect(search(['ää hit']).found).toEqual([{ kind: 'hit', file: 0, line: 1, column: 6, text: 'ää hit' }])
  })

  test('with lines around', () => {
    expect(search(['1\n2\nhit\n4\n5\n6\n'], { context: 1 }).found.map(({ kind }) => kind)).toEqual(['context', 'hit', 'context'])
  })

  test('names and counts', () => {
    expect(search(['hit\nhit', 'no', 'hit'], { output: 'files' }).found.map(({ file }) => file)).toEqual([0, 2])
    expect(search(['hit\nhit', 'no', 'hit'], { output: 'count' }).found).toEqual([
      { kind: 'count', file: 0, count: 2 },
      { kind: 'count', file: 2, count: 1 },
    ])
  })

  test('in any case, or as plain text', () => {
    expect(lines(search(['HIT'], { ignoreCase: true }))).toEqual(['0:1:HIT'])
    expect(lines(search(['a.b\naxb'], { pattern: 'a.b', literal: true }))).toEqual(['0:1:a.b'])
    expect(lines(search(['--files\n-e'], { pattern: '--files' }))).toEqual(['0:1:--files'])
  })

  test('in CRLF, Latin-1, UTF-8 and UTF-16', () => {
    const utf16 = Buffer.from('\ufeffno\r\nein hit ü\r\n', 'utf16le')
    expect(
      lines(search(['hit$\r\nhit\r\n', Buffer.from('hit \xfc', 'latin1'), '\ufeffhit ü', utf16, Buffer.from(utf16).swap16()], { pattern: 'hit' })),
    ).toEqual(['0:1:hit$', '0:2:hit', '1:1:hit \ufffd', '2:1:hit ü', '3:2:ein hit ü', '4:2:ein hit ü'])
    expect(lines(search(['a hit\r\nhit b'], { pattern: 'hit$' }))).toEqual(['0:1:a hit'])
  })

  test('in UTF-16 that holds a NUL character', () => {
    expect(lines(search([Buffer.from('\ufeffhit\0x\n', 'utf16le'), 'hit']))).toEqual(['0:1:hit\0x', '1:1:hit'])
  })
})

describe('what is not', () => {
  test('nothing is told of a binary file, and its neighbours are whole', () => {
    const late = Buffer.concat([Buffer.from('hit early\n'.repeat(20_000)), Buffer.from('\0')])
    const outcome = search(['hit 0', late, 'hit 2', 'hit\0', 'hit 4'])
    expect(lines(outcome)).toEqual(['0:1:hit 0', '2:1:hit 2', '4:1:hit 4'])
    expect(outcome.cuts).toEqual([
      { file: 1, why: 'binary' },
      { file: 3, why: 'binary' },
    ])
  })

  test('a file that cannot be opened, or read to its end', () => {
    const broken = (): Source => {
      const parts = [Buffer.from('hit\n'.repeat(50_000))]
      const next = (): Uint8Array => parts.pop() ?? fail('broken')
      return { next, close() {} }
    }
    const open: Feed['open'] = (file) => (file === 0 ? fail('gone') : file === 1 ? broken() : bytesSource(Buffer.from('hit')))
    const outcome = search(['', '', ''], { limit: 1e6 }, { open })
    expect(lines(outcome)).toEqual(['2:1:hit'])
    expect(outcome.cuts).toEqual([
      { file: 0, why: 'unreadable' },
      { file: 1, why: 'unreadable' },
    ])
  })
})

describe('where it stops', () => {
  test('at the limit, and says that there is more', () => {
    expect(search(['hit\nhit\nhit'], { limit: 2 })).toMatchObject({ complete: false, found: [{ line: 1 }, { line: 2 }] })
    expect(search(['hit\nhit'], { limit: 2 })).toMatchObject({ complete: true })
  })

  test('behind the line where the page before ended, in the first file only', () => {
    expect(lines(search(['hit\nhit\nhit', 'hit'], { afterLine: 2 }))).toEqual(['0:3:hit', '1:1:hit'])
  })

  test('when it is told to, with its files closed', () => {
    let closed = 0
    const outcome = search(['', ''], {}, { stopped: () => closed > 0, open: () => ({ next: () => undefined, close: () => void closed++ }) })
    expect(outcome.complete).toBe(false)
    expect(closed).toBe(1)
  })
})

describe('patterns', () => {
  test.each([
    ['(hit', 'unclosed group'],
    ['a\nb', 'not allowed in a regex'],
    ['\\w{1000}', 'exceeds size limit'],
    ['(?<=a)b', 'look-around'],
  ])('%j is refused in the words of the engine', (pattern, words) => {
    expect(search(['hit'], { pattern }).refused).toContain(words)
  })

  test('what hangs a backtracking engine takes linear time', () => {
    expect(search([`${'a'.repeat(100_000)}!`], { pattern: '(a+)+$' }).found).toEqual([])
  })
})

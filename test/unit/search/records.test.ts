import { expect, test } from 'vitest'
import { MAX_TEXT } from '../../../src/search/limits.ts'
import { excerpt, Records } from '../../../src/search/records.ts'
import type { Found, Pattern } from '../../../src/search/types.ts'

function parse(output: Pattern['output'], bytes: Buffer, step: number): Found[] {
  const found: Found[] = []
  const records = new Records(output, (one) => found.push(one))
  for (let at = 0; at < bytes.length; at += step) records.push(bytes.subarray(at, at + step))
  return found
}

const steps = [1, 2, 5, 1_000]

test('reads hits, context and the marks between groups, however they are cut', () => {
  const bytes = Buffer.from('0\x001-\0before\r\n0\x002:\x007:\0a hit: 3:4:\r\n--\r\n12\x0030:\0\n12\x0031:\x0012:a\n')
  for (const step of steps) {
    expect(parse('lines', bytes, step)).toEqual([
      { kind: 'context', file: 0, line: 1, text: 'before' },
      { kind: 'hit', file: 0, line: 2, column: 7, text: 'a hit: 3:4:' },
      { kind: 'hit', file: 12, line: 30, column: 1, text: '' },
      { kind: 'hit', file: 12, line: 31, column: 5, text: '12:a' },
    ])
  }
})

test('reads names and counts', () => {
  for (const step of steps) {
    expect(parse('files', Buffer.from('3\x0017\x00'), step)).toEqual([
      { kind: 'file', file: 3 },
      { kind: 'file', file: 17 },
    ])
    expect(parse('count', Buffer.from('3\x0012\n4\x001\n'), step)).toEqual([
      { kind: 'count', file: 3, count: 12 },
      { kind: 'count', file: 4, count: 1 },
    ])
  }
})

test('keeps nothing of the memory that it was shown', () => {
  const found: Found[] = []
  const records = new Records('lines', (one) => found.push(one))
  const memory = Buffer.from('0\x001:\x001:\0long')
  records.push(memory)
  memory.fill(0)
  records.push(Buffer.from('er\n'))
  expect(found).toEqual([{ kind: 'hit', file: 0, line: 1, column: 1, text: 'longer' }])
})

test('a long line is cut around its match, between characters', () => {
  const line = Buffer.from(`${'ä'.repeat(5_000)}HIT${'ö'.repeat(5_000)}`)
  const text = excerpt(line, 10_001)
  expect(text).toMatch(/^…ä+HITö+…$/)
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(MAX_TEXT + 6)
  expect(excerpt(line, 1)).toMatch(/^ä+…$/)
  expect(excerpt(line, line.length)).toMatch(/^…ö+$/)
  expect(excerpt(line.subarray(0, MAX_TEXT), 1)).toHaveLength(MAX_TEXT / 2)
})

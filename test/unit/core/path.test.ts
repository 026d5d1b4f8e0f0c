import { describe, expect, test } from 'vitest'
import { join, vfsPath } from '../../../src/core/path.ts'

const LONGEST_NAME = 'n'.repeat(255)
/** 4096 bytes. */
const LONGEST = `/${LONGEST_NAME}`.repeat(16)

const refused = (rule: string) => expect.objectContaining({ code: 'INVALID_PATH', message: expect.stringContaining(rule) })

describe('a path', () => {
  test.each([
    ['/', '/'],
    ['/a', '/a'],
    ['/a/', '/a'],
    ['/a/b/', '/a/b'],
    ['/...', '/...'],
    ['/.a/..b', '/.a/..b'],
    ['/a b/\n', '/a b/\n'],
    ['/\u{1F600}', '/\u{1F600}'],
    [LONGEST, LONGEST],
    [`/${'ä'.repeat(127)}`, `/${'ä'.repeat(127)}`],
  ])('%j is taken as %j', (input, path) => {
    expect(vfsPath(input)).toBe(path)
  })

  test.each([
    ['', 'must start with "/"'],
    ['a', 'must start with "/"'],
    ['./a', 'must start with "/"'],
    ['//', 'has an empty segment'],
    ['/a//b', 'has an empty segment'],
    ['/a//', 'has an empty segment'],
    ['/.', 'has a "." segment'],
    ['/a/../b', 'has a ".." segment'],
    ['/a/..', 'has a ".." segment'],
    ['/a\0', 'holds a NUL character'],
    ['/\uD800', 'holds a lone surrogate'],
    ['/a/\uDC00b', 'holds a lone surrogate'],
    ['/\uDE00\uD83D', 'holds a lone surrogate'],
    [`${LONGEST}/n`, 'is longer than 4096 bytes'],
    [`/${'ä/'.repeat(1400)}`, 'is longer than 4096 bytes'],
    [`/${LONGEST_NAME}n`, 'has a segment longer than 255 bytes'],
    [`/${'ä'.repeat(128)}`, 'has a segment longer than 255 bytes'],
  ])('%j is refused: it %s', (input, rule) => {
    expect(() => vfsPath(input)).toThrow(refused(rule))
  })
})

describe('a name below a folder', () => {
  test.each([
    ['', 'has an empty segment'],
    ['..', 'has a ".." segment'],
    ['a/../b', 'has a ".." segment'],
    ['a\0', 'holds a NUL character'],
    ['\uD800', 'holds a lone surrogate'],
    [`${LONGEST_NAME}n`, 'has a segment longer than 255 bytes'],
  ])('%j is refused: the path %s', (name, rule) => {
    for (const folder of ['/', '/a']) expect(() => join(vfsPath(folder), name)).toThrow(refused(rule))
  })

  test('is counted with the folder', () => {
    expect(() => join(vfsPath(LONGEST), 'n')).toThrow(refused('is longer than 4096 bytes'))
    expect(join(vfsPath(LONGEST.slice(0, -256)), LONGEST_NAME)).toBe(LONGEST)
  })
})

import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compileGlob, compileGlobs } from '../../src/vfs/match/glob.ts'

describe('a glob takes what is meant', () => {
  test.each([
    ['*.ts', 'a.ts a/b/c.ts .ts', 'a.tsx a.ts/b ts'],
    ['/*.ts', 'a.ts', 'a/b.ts'],
    ['./*.ts', 'a.ts', 'a/b.ts'],
    ['src/**/*.ts', 'src/a.ts src/a/b/c.ts', 'a.ts xsrc/a.ts src/a.js lib/src/a.ts'],
    ['**/test/*.ts', 'test/a.ts x/test/a.ts x/y/test/a.ts', 'test/x/a.ts xtest/a.ts'],
    ['a/**', 'a/b a/b/c', 'a b/a/c'],
    ['a/**/b/**/c', 'a/b/c a/x/b/y/z/c a/b/b/c a/b/c/b/c', 'a/c a/b/x'],
    ['a**b', 'ab axxb', 'a/b'],
    ['?', 'x ä 😀 a/b', 'xx'],
    ['[a-c]?', 'ax bz', 'dx a'],
    ['[!a-c]', 'd 😀', 'a'],
    ['[^x]', 'a', 'x'],
    ['[]a]', '] a', 'b'],
    ['[[:digit:]_]', '7 _', 'a :'],
    ['[a-]', '- a', 'b'],
    ['[\\]]', ']', '\\'],
    ['[[:x]', '[ : x', 'y'],
    ['\\*', '*', 'a'],
    ['*.{ts,tsx}', 'a.ts b/a.tsx', 'a.js'],
    ['{src,test}/**/*.ts', 'src/a.ts test/x/a.ts', 'lib/a.ts'],
    ['{a,b{c,d}}e', 'ae bce bde', 'be abe'],
    ['{a/b,c}', 'a/b x/c', 'x/a/b b'],
    ['a{,b}', 'a ab', 'b'],
    ['\\{a,b\\}', '{a,b}', 'a'],
    ['[{,}]', '{ , }', 'x'],
    ['dist/', 'dist x/dist', 'dist/a'],
    ['a,b', 'a,b', 'a'],
    ['a}', 'a}', 'a'],
  ])('%s', (glob, yes, no) => {
    const matches = compileGlob(glob)
    expect(yes.split(' ').filter((path) => !matches(path))).toEqual([])
    expect(no.split(' ').filter((path) => matches(path))).toEqual([])
  })

  const many = `${'{**/,**/x/}'.repeat(8)}*${'?'.repeat(110)}b` // of which one match takes seconds

  test.each(['[a', 'a\\', '{a', '{a,{b}', '[[:nothing:]]', 'a[', '[\\', '[a-\\', 'x'.repeat(2000), '{a,b}'.repeat(12), `{${'a,'.repeat(300)}}`, many])(
    'refuses %s',
    (glob) => {
      expect(() => compileGlob(glob)).toThrow(expect.objectContaining({ code: 'INVALID_PATTERN' }))
    },
  )

  test('** alone takes everything', () => {
    expect(['a', 'a/b', '.x/y'].every(compileGlob('/**'))).toBe(true)
  })

  test('one of several', () => {
    const matches = compileGlobs(['*.ts', 'docs/**'])
    expect(['a.ts', 'docs/x', 'a.js'].map(matches)).toEqual([true, true, false])
  })

  test('a pattern that hangs a backtracking matcher is answered at once', () => {
    expect(compileGlob(`${'*a'.repeat(100)}b`)('a'.repeat(4000))).toBe(false)
    expect(compileGlob(`${'**/a*/'.repeat(80)}b`)('aaa/'.repeat(1000))).toBe(false)
    expect(compileGlob(`${'{**/a,**/b}/'.repeat(6)}x`)('a/b/'.repeat(1000))).toBe(false)
  })

  /** The meaning of each token, told by a regular expression over small inputs. */
  test('agrees with a regular expression on what it takes', () => {
    const token = fc.constantFrom<[string, string]>(['a', 'a'], ['b', 'b'], ['?', '[^/]'], ['*', '[^/]*'], ['[ab]', '[ab]'], ['/', '/'], ['/**/', '/(?:.+/)?'])
    const tokens = fc
      .array(token, { minLength: 1, maxLength: 7 })
      .map((list) => list.filter(([part], i) => part !== '*' || list[i - 1]?.[0] !== '*'))
      .filter((list) => !/\/\/|\*\*\/\*\*|^\/|\/$/.test(list.map(([part]) => part).join('')))
    const text = fc.stringMatching(/^[abc]{1,3}(\/[abc]{1,3}){0,4}$/)
    fc.assert(
      fc.property(tokens, text, (list, path) => {
        const glob = list.map(([part]) => part).join('')
        const regex = new RegExp(`^${list.map(([, part]) => part).join('')}$`)
        expect(compileGlob(`/${glob}`)(path)).toBe(regex.test(path))
      }),
      { numRuns: 3000 },
    )
  })
})

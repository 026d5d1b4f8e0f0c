import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connect, type ConnectedGateway } from '../../support/gateway.ts'

const FILES = {
  '.gitignore': 'built/\n',
  '.secret': 'salt\n',
  'a.txt': 'one\nsalt and pepper\nthree\nfour\nfive\nSalt\n',
  'binary.bin': Buffer.from('salt\0'),
  'built/out.txt': 'salt\n',
  'min.js': `${'x'.repeat(30_000)}salt${'y'.repeat(30_000)}`,
  'new\nline.txt': 'salt\n',
  'sub/b.txt': 'salt\n'.repeat(5),
}

let session: ConnectedGateway
beforeAll(async () => {
  session = await connect({ files: FILES, config: { deny: ['.secret'] } })
})
afterAll(() => session[Symbol.asyncDispose]())

const search = (args: Record<string, unknown>): ReturnType<ConnectedGateway['call']> => session.call('search_content', { path: session.work, ...args })

/** The text with the served folder as `~`. */
async function textOf(args: Record<string, unknown>): Promise<string> {
  const { text, ok } = await search(args)
  expect(ok).toBe(true)
  return text.replaceAll(session.work, '~').replace(/cursor=[\w-]+/, 'cursor=…')
}

describe('what a model reads', () => {
  test('hits, what was not searched, and nothing that a rule hides', async () => {
    expect(await textOf({ pattern: 'salt', glob: '*.txt' })).toBe(
      [
        '~/a.txt:2: salt and pepper',
        '"~/new\\nline.txt":1: salt',
        ...[1, 2, 3, 4, 5].map((line) => `~/sub/b.txt:${line}: salt`),
        '[7 hits in 3 files; searched 3 files; 1 ignored entry skipped, ignored=true includes them]',
      ].join('\n'),
    )
    expect(await textOf({ pattern: 'salt', output: 'files' })).toContain('1 binary file skipped')
    expect(await textOf({ pattern: 'salt', ignored: true, output: 'files', glob: '**/*' })).toMatch(/~\/built\/out\.txt/)
    expect(await textOf({ pattern: 'salt', ignored: true, output: 'files' })).not.toContain('.secret')
  })

  test('lines around hits, with gaps marked', async () => {
    expect(await textOf({ pattern: 'salt', ignore_case: true, context: 1, path: `${session.work}/a.txt` })).toBe(
      ['~/a.txt-1- one', '~/a.txt:2: salt and pepper', '~/a.txt-3- three', '--', '~/a.txt-5- five', '~/a.txt:6: Salt', '[2 hits in 1 file; searched 1 file]']
        .join('\n')
        .replaceAll('~', '~'),
    )
  })

  test('counts and names', async () => {
    expect(await textOf({ pattern: 'salt', glob: 'sub/*', output: 'count' })).toBe(
      '~/sub/b.txt: 5\n[1 file; searched 1 file; 1 ignored entry skipped, ignored=true includes them]',
    )
    expect(await textOf({ pattern: 'nowhere', path: `${session.work}/sub` })).toBe('[no match; searched 1 file]')
  })

  test('a long line around its hit', async () => {
    const text = await textOf({ pattern: 'salt', glob: 'min.js' })
    expect(text).toMatch(/^~\/min\.js:1: …x+salty+…\n/)
    expect(text.split('\n')[0]?.length).toBeLessThan(2_000)
  })
})

describe('pages', () => {
  test('go on by the cursor that the last line gives', async () => {
    const first = await search({ pattern: 'salt', glob: 'sub/*', limit: 3 })
    const cursor = first.result['next_cursor']
    expect(first.text).toContain(`more: cursor=${String(cursor)}]`)
    const second = await search({ pattern: 'salt', glob: 'sub/*', limit: 3, cursor })
    expect(second.text.match(/b\.txt:\d/g)).toEqual(['b.txt:4', 'b.txt:5'])
    expect(second.result).toMatchObject({ next_cursor: null, stopped: null, changed: null })
  })

  test('of another search are refused', async () => {
    const { result } = await search({ pattern: 'salt', limit: 1 })
    const other = await search({ pattern: 'pepper', cursor: result['next_cursor'] })
    expect(other).toMatchObject({ ok: false, result: { error_code: 'INVALID_CURSOR' } })
  })
})

test.each([
  [{ pattern: '(salt' }, 'INVALID_PATTERN', 'INVALID_PATTERN: regex parse error: unclosed group at "(". Correct'],
  [{ pattern: 'a{2,1}' }, 'INVALID_PATTERN', 'the start must be <= the end at "{2,1}". Correct'],
  [{ pattern: 'a\nb' }, 'INVALID_PATTERN', 'not allowed in a regex'],
  [{ pattern: 'a\0b' }, 'INVALID_PATTERN', 'NUL'],
  [{ pattern: '\0', literal: true }, 'INVALID_PATTERN', 'NUL'],
  [{ pattern: 'salt', glob: '[' }, 'INVALID_PATTERN', 'glob'],
  [{ pattern: 'salt', path: '/nowhere' }, 'NOT_SERVED', '/nowhere'],
  [{ pattern: '' }, 'INVALID_INPUT', 'pattern'],
  [{ pattern: 'salt', cursor: 'abc' }, 'INVALID_CURSOR', 'cursor'],
])('%j is %s', async (args, code, words) => {
  const { ok, text, result } = await search(args)
  expect({ ok, code: result['error_code'] }).toEqual({ ok: false, code })
  expect(text).toContain(words)
})

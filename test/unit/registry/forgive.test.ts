import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { vfsPath } from '../../../src/core/path.ts'
import { VfsError } from '../../../src/core/error.ts'
import { forgivePath, type Surroundings } from '../../../src/registry/forgive.ts'

const mounts = ['/home/me/app', '/home/me/app/inner', '/local']
const mountOf = async (path: string) => mounts.filter((mount) => path === mount || path.startsWith(`${mount}/`)).toSorted((a, b) => b.length - a.length)[0]
const around: Surroundings = { served: [vfsPath('/home/me/app')], home: '/home/me', mountOf }

test.each([
  ['/local/a', '/local/a'],
  ['/', '/'],
  ['///', '/'],
  ['.', '/home/me/app'],
  ['./', '/home/me/app'],
  ['~', '/home/me'],
  ['~/app/x', '/home/me/app/x'],
  ['~x', '/home/me/app/~x'],
  ['a/b', '/home/me/app/a/b'],
  ['a/../b', '/home/me/app/b'],
  ['/local/./a//b/', '/local/a/b'],
  ['file:///local/a%20b', '/local/a b'],
  ['file://localhost/local/a', '/local/a'],
  ['FILE:///local/a', '/local/a'],
  ['file:///local/100%', '/local/100%'],
  ['polymount:///local/%C3%A4', '/local/ä'],
  ['/local/a%20b', '/local/a%20b'],
  ['/home/me/app/inner/a/../b', '/home/me/app/inner/b'],
])('%s is %s', async (input, expected) => {
  expect(await forgivePath(input, around)).toBe(expected)
})

test.each(['/ipfs/../local/x', '/local/../local/x', '/home/me/app/inner/../x', '../x', 'a/../../x', '/..'])('%s leaves its mount', async (input) => {
  await expect(forgivePath(input, around)).rejects.toMatchObject({ code: 'INVALID_PATH', hint: expect.stringContaining('without ".."') })
})

test.each([
  ['several folders are served', { ...around, served: [vfsPath('/a'), vfsPath('/b')] }, '/a/x'],
  ['no folder is served', { ...around, served: [] }, '/folder/file'],
])('a relative path means nothing where %s', async (_, here, example) => {
  await expect(forgivePath('x', here)).rejects.toMatchObject({ code: 'INVALID_PATH', hint: expect.stringContaining(example) })
})

test('without a home ~ is a name', async () => {
  expect(await forgivePath('~', { ...around, home: undefined })).toBe('/home/me/app/~')
})

test('whatever comes in, a path without tricks comes out, or INVALID_PATH', async () => {
  const segment = fc.oneof(fc.constantFrom('..', '.', '', 'a', 'home', 'me', 'app', 'inner', 'local', '~', '%2e%2e', 'file:'), fc.string({ maxLength: 5 }))
  const paths = fc.tuple(fc.constantFrom('', '/', 'file://', '~/', './'), fc.array(segment, { maxLength: 8 })).map(([start, rest]) => start + rest.join('/'))
  const outcome = (input: string): Promise<string> =>
    forgivePath(input, around).catch((error: unknown) => (error instanceof VfsError && error.code === 'INVALID_PATH' ? '/refused' : String(error)))
  await fc.assert(
    fc.asyncProperty(paths, async (input) => {
      const path = await outcome(input)
      expect(path).toMatch(/^\//)
      expect(path === '/' ? [] : path.slice(1).split('/')).not.toContainEqual(expect.stringMatching(/^\.{0,2}$/))
    }),
    { numRuns: 2_000 },
  )
})

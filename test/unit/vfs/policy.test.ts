import { expect, test } from 'vitest'
import { vfsPath as p } from '../../../src/core/path.ts'
import { Policy } from '../../../src/vfs/policy.ts'

test.each([
  ['.env', '/a/.env', true],
  ['.env', '/.env', true],
  ['.env', '/a/.env/below', true],
  ['.env', '/a/x.env', false],
  ['*.key', '/a/b/id.key', true],
  ['secrets/*.txt', '/a/secrets/x.txt', true],
  ['secrets/*.txt', '/a/secrets/x.md', false],
  ['/home/me/private', '/home/me/private/deep/file', true],
  ['/home/me/private', '/other/home/me/private', false],
  ['**', '/', false],
])('the rule %s on %s: %s', (rule, path, denied) => {
  expect(new Policy({ deny: [rule] }).denies(p(path))).toBe(denied)
})

test('a policy without rules hides nothing', () => {
  const policy = new Policy()
  expect([policy.hides, policy.readOnly, policy.denies(p('/a/.env'))]).toEqual([false, false, false])
})

test('braces may hold whole paths and ends of paths', () => {
  const policy = new Policy({ deny: ['{/w/one,two/three}'] })
  expect(['/w/one', '/w/one/below', '/any/two/three'].map((path) => policy.denies(p(path)))).toEqual([true, true, true])
  expect(['/x/w/one', '/w/two'].map((path) => policy.denies(p(path)))).toEqual([false, false])
})

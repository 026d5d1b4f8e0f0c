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

test('a folder is clear where no rule can hide anything of it', () => {
  const guarding = new Policy({ guarded: () => [p('/home/me/.config/polymount.json')] })
  for (const path of ['/mfs', '/home/me/work', '/home/me/.config/polymount.json.bak']) expect(guarding.isClear(p(path))).toBe(true)
  for (const path of ['/', '/home/me', '/home/me/.config/polymount.json', '/home/me/.config/polymount.json/x']) expect(guarding.isClear(p(path))).toBe(false)
  expect(new Policy({ deny: ['*.key'] }).isClear(p('/mfs'))).toBe(false)
  expect(new Policy().isClear(p('/'))).toBe(true)
})

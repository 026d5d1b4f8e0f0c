import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { vfsPath, type VfsPath } from '../../../src/core/path.ts'
import { mimeOf } from '../../../src/mcp/resources/mime.ts'
import { Subscriptions } from '../../../src/mcp/resources/subscriptions.ts'
import { fromUri, toUri } from '../../../src/mcp/resources/uri.ts'

const paths = (...all: string[]): Set<VfsPath> => new Set(all.map(vfsPath))

test('every path has a URI, and comes back from it', () => {
  const segment = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }).filter((name) => !/^\.{1,2}$|[/\0]/.test(name) && name.isWellFormed())
  fc.assert(
    fc.property(fc.array(segment, { maxLength: 5 }), (segments) => {
      const path = vfsPath(`/${segments.join('/')}`)
      expect(toUri(path)).toMatch(/^polymount:\/\/\/[\x21-\x7e]*$/)
      expect(fromUri(toUri(path))).toBe(path)
    }),
  )
})

test.each([
  'file:///a',
  'polymount://host/a',
  'polymount:///a/%zz',
  'polymount:///../etc/passwd',
  'polymount:///%2e%2e/x',
  'polymount:///a%00',
  'polymount:/a',
  '',
])('%s names no resource', (uri) => {
  expect(() => fromUri(uri)).toThrow(expect.objectContaining({ code: -32602, data: { uri } }))
})

test('a subscription hears of its path, of what is below, and of what happened to its folder', async () => {
  const subscriptions = new Subscriptions(async () => {})
  await subscriptions.add('polymount:///a/b')
  await subscriptions.add('polymount:///x')
  const heard = (path: string) => subscriptions.touchedBy(paths(path))
  expect([heard('/a/b'), heard('/a/b/c/d'), heard('/a'), heard('/a/bc'), heard('/x')]).toEqual([
    ['polymount:///a/b'],
    ['polymount:///a/b'],
    ['polymount:///a/b'],
    [],
    ['polymount:///x'],
  ])
  subscriptions.delete('polymount:///x')
  expect(heard('/x')).toEqual([])
})

test('what one request listens to goes with it', () => {
  const subscriptions = new Subscriptions(async () => {})
  subscriptions.listen('a', ['polymount:///a', 'file:///no'])
  subscriptions.listen(2, ['polymount:///a', 'polymount:///b'])
  expect(subscriptions.touchedBy(paths('/a', '/b'))).toEqual(['polymount:///a', 'polymount:///b'])
  subscriptions.unlisten(2)
  expect(subscriptions.touchedBy(paths('/a', '/b'))).toEqual(['polymount:///a'])
})

test('a connection has a bounded number of subscriptions', async () => {
  const subscriptions = new Subscriptions(async () => {})
  for (let i = 0; i < 1024; i++) await subscriptions.add(`polymount:///${i}`)
  await expect(subscriptions.add('polymount:///more')).rejects.toThrow(/1024/)
})

test.each([
  ['a.json', true, 'application/json'],
  ['a.md', true, 'text/markdown'],
  ['a.ts', true, 'text/plain'],
  ['Makefile', true, 'text/plain'],
  ['a.svg', true, 'image/svg+xml'],
  ['a.png', false, 'image/png'],
  ['a.txt', false, 'application/octet-stream'],
  ['core', false, 'application/octet-stream'],
  ['a.png', undefined, 'image/png'],
  ['core', undefined, 'application/octet-stream'],
] as const)('%s (text: %s) is %s', (name, isText, expected) => {
  expect(mimeOf(name, isText)).toBe(expected)
})

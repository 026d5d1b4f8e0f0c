import { applyPatch } from 'diff'
import * as fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { unifiedDiff } from '../../../src/text/diff.ts'
import { applyEdits, type Edit, type Edited } from '../../../src/text/edit.ts'
import { compose, difference, type Region } from '../../../src/text/regions.ts'

const show = (bytes: Uint8Array): string => Buffer.from(bytes).toString()
const whole = (before: string, after: string, limit = 1e6): string =>
  unifiedDiff({ before: Buffer.from(before), after: Buffer.from(after), regions: difference(Buffer.from(before), Buffer.from(after)) }, show, limit)

test('shows three lines around a change, and where it stands', () => {
  expect(whole('1\n2\n3\n4\n5\n6\n7\n8\n', '1\n2\n3\n4\nx\n6\n7\n8\n')).toBe('@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+x\n 6\n 7\n 8')
})

test('shows changes far from each other apart', () => {
  const lines = Array.from({ length: 20 }, (_, i) => `${i + 1}\n`)
  const after = lines.with(0, 'x\ny\n').with(19, 'z\n')
  expect(whole(lines.join(''), after.join(''))).toBe('@@ -1,4 +1,5 @@\n-1\n+x\n+y\n 2\n 3\n 4\n@@ -17,4 +18,4 @@\n 17\n 18\n 19\n-20\n+z')
})

test('what differs in too many lines is shown as replaced', () => {
  const lines = (from: number): string => Array.from({ length: 2000 }, (_, i) => `${from + i}\n`).join('')
  expect(whole(lines(0), lines(10_000), 1e6)).toMatch(/^@@ -1,2000 \+1,2000 @@\n-0\n-1\n/)
})

test('says that a line has no end', () => {
  expect(whole('a', 'a\n')).toBe('@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a')
  expect(whole('', 'a')).toBe('@@ -0,0 +1 @@\n+a\n\\ No newline at end of file')
  expect(whole('a\n', '')).toBe('@@ -1 +0,0 @@\n-a')
})

test('shows how lines end where a change mixes that, and nowhere else', () => {
  expect(whole('a\r\nb\r\n', 'a\nb\r\n')).toBe('@@ -1,2 +1,2 @@\n-a␍\n+a\n b')
  expect(whole('a\nb\n', 'x\r\nb\n')).toBe('@@ -1,2 +1,2 @@\n-a\n+x␍\n b')
  expect(whole('a\r\n', 'b\r\n')).toBe('@@ -1 +1 @@\n-a\n+b')
})

test('shows the part of a long line that changes', () => {
  const diff = whole(`${'a'.repeat(5000)}1${'b'.repeat(5000)}\n`, `${'a'.repeat(5000)}2${'b'.repeat(5000)}\n`)
  expect(diff).toContain('a1b')
  expect(diff).toContain('a2b')
  expect(diff.length).toBeLessThan(1000)
})

test('is bounded and says so', () => {
  const lines = Array.from({ length: 5000 }, (_, i) => `line ${i}\n`).join('')
  const diff = whole(lines, lines.replaceAll('line', 'row'), 4000)
  expect(diff.length).toBeLessThanOrEqual(4000)
  expect(diff).toMatch(/\[the diff is longer; it was cut here\]$/)
})

test('nothing for what is the same', () => {
  expect(whole('a\n', 'a\n')).toBe('')
})

const line = fc.constantFrom('a', 'b', 'c', '', 'a b', 'ä')
const text = fc.tuple(fc.array(line, { maxLength: 30 }), fc.constantFrom('', '\n')).map(([lines, end]) => lines.join('\n') + end)

test('applied to what was, it gives what is', () => {
  fc.assert(
    fc.property(text, text, (before, after) => {
      expect(applyPatch(before, whole(before, after))).toBe(after)
    }),
    { numRuns: 1500 },
  )
})

test('of edits one after the other, applied to what was, gives what is', () => {
  const edit = fc.record({
    oldText: fc.constantFrom('a', 'b', 'a\n', '\n', 'b\nc', 'c\n\n'),
    newText: fc.constantFrom('', 'x', 'x\ny', '\n', 'b', 'a\nb\nc'),
    all: fc.constant(true),
  })
  fc.assert(
    fc.property(text, fc.array(edit, { minLength: 1, maxLength: 4 }), (before, edits) => {
      const edited = applicable(before, edits)
      if (!edited) return
      const diff = unifiedDiff({ before: Buffer.from(before), after: edited.after, regions: edited.regions }, show, 1e6)
      expect(applyPatch(before, diff)).toBe(edited.after.toString())
    }),
    { numRuns: 500 },
  )
})

/** The outcome of as many of the edits as find their text. */
function applicable(before: string, edits: readonly Edit[]): Edited | undefined {
  let edited: Edited | undefined
  const kept: Edit[] = []
  for (const edit of edits) {
    try {
      edited = applyEdits(Buffer.from(before), [...kept, edit], '/f')
      kept.push(edit)
    } catch {
      // an edit of a text that is not there
    }
  }
  return edited
}

test('regions of two replacements in a row', () => {
  const first: Region[] = [{ from: 2, to: 4, start: 2, end: 3 }]
  expect(compose(first, [{ from: 0, to: 1, start: 0, end: 5 }])).toEqual([
    { from: 0, to: 1, start: 0, end: 5 },
    { from: 2, to: 4, start: 6, end: 7 },
  ])
  expect(compose(first, [{ from: 3, to: 6, start: 3, end: 3 }])).toEqual([{ from: 2, to: 7, start: 2, end: 3 }])
})

test.each([
  ['in one line', 'a'.repeat(1_000_000), '-'],
  ['in as many lines', 'a\n'.repeat(1_000_000), '@@'],
])('very many replacements %s: only those are looked at that are shown', (_, content, mark) => {
  const { before, after, regions } = applyEdits(Buffer.from(content), [{ oldText: 'a', newText: 'bb', all: true }], '/f')
  const shown = vi.fn<(bytes: Uint8Array) => string>((bytes) => Buffer.from(bytes).toString())
  const looks = [vi.spyOn(before.bytes, 'indexOf'), vi.spyOn(before.bytes, 'lastIndexOf'), shown]
  const diff = unifiedDiff({ before: before.bytes, after, regions }, shown, 4_000).split('\n')
  expect(diff.some((one) => one.startsWith(mark))).toBe(true)
  for (const look of looks) expect(look.mock.calls.length).toBeLessThan(10_000)
})

test('contents of very many lines that have nothing in common', () => {
  const content = (letter: string): Buffer => Buffer.from(Array.from({ length: 300_000 }, (_, i) => letter + i).join('\n'))
  const sides = { before: content('a'), after: content('b') }
  const lines = unifiedDiff({ ...sides, regions: difference(sides.before, sides.after) }, (bytes) => Buffer.from(bytes).toString(), 1_000).split('\n')
  expect([lines[0], lines[1], lines.at(-1)]).toEqual(['@@ -1,300000 +1,300000 @@', '-a0', '[the diff is longer; it was cut here]'])
})

import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { applyEdits } from '../../../src/text/edit.ts'
import { occurrences } from '../../../src/text/search.ts'
import { placesLike } from '../../../src/text/tolerant.ts'

/** One place after the other, looked at letter by letter. */
function naive(text: string, needle: string, overlapping: boolean): number[] {
  const places: number[] = []
  for (let at = 0; at + needle.length <= text.length; at++) {
    if (text.slice(at, at + needle.length) !== needle) continue
    places.push(at)
    if (!overlapping) at += needle.length - 1
  }
  return places
}

test('finds what is there, whatever repeats itself', () => {
  const short = fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 5 })
  fc.assert(
    fc.property(fc.array(short, { maxLength: 40 }), short, fc.constantFrom(1, 12, 20), fc.boolean(), (parts, part, times, overlapping) => {
      const [text, needle] = [parts.join('') + part.repeat(40) + parts.join(''), part.repeat(times)]
      expect([...occurrences(Buffer.from(text), Buffer.from(needle), overlapping)]).toEqual(naive(text, needle, overlapping))
    }),
  )
  expect([...occurrences(Buffer.from('a'), Buffer.alloc(0))]).toEqual([])
})

test('forgives exactly blanks at line ends and line endings', () => {
  const piece = fc.constantFrom('a', 'b', ' ', '\t', '\n', '\r\n', 'a \n', '\n\n')
  const text = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(''))
  const wanted = fc.array(fc.constantFrom('a', 'b', 'a b', ''), { minLength: 2, maxLength: 4 }).filter((lines) => lines.join('') !== '')
  fc.assert(
    fc.property(text, wanted, (original, lines) => {
      const [first, ...rest] = lines
      const regex = new RegExp([first, ...rest].join('[ \\t\\r]*\\r?\\n'))
      const found = placesLike(Buffer.from(original), { text: Buffer.from(lines.join('\n')), wholeLines: false, toLineEnd: false })
      expect(found.length > 0).toBe(regex.test(original))
      for (const [start, end] of found) expect(original.slice(start, end).replace(/[ \t\r]*\r?\n/g, '\n')).toBe(lines.join('\n'))
    }),
    { numRuns: 1000 },
  )
})

const outcome = (file: string, oldText: string): string => {
  try {
    applyEdits(Buffer.from(file), [{ oldText, newText: 'new', all: false }], '/f')
    return 'done'
  } catch (error) {
    return error instanceof Error ? error.message : ''
  }
}

test('what repeats itself in the file and in the edit is answered at once', () => {
  const letters = 'a'.repeat(10_000_000)
  expect(outcome(letters, `${'a'.repeat(15_000)}b${'a'.repeat(15_000)}`)).toBe('old_string is not in /f.')
  expect(outcome('}\n'.repeat(2_000_000), `${'}\n'.repeat(3000)}x`)).toMatch(/^old_string is not in \/f/)
  expect(outcome(' '.repeat(5_000_000), ' x\n y')).toBe('old_string is not in /f.')
})

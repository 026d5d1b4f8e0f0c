import type { Body } from './body.ts'
import { encode, type Encoding } from './encoding.ts'
import { occurrences } from './search.ts'
import { placesLike, type Wanted } from './tolerant.ts'

/** Where old text stands in a body, all at the same length, and what is put there. */
export interface Found {
  readonly starts: readonly number[]
  readonly length: number
  readonly encoding: Encoding
  /** As it is to be written, before its line endings are fitted to the place. */
  readonly newText: string
  /** The old text gave its own line endings, so the new text's are meant too. */
  readonly endingsMeant: boolean
  /** What had to be forgiven. */
  readonly forgiven: readonly string[]
}

/** More places than this are not collected one by one. */
export const MAX_PLACES = 1_000_000

/** The places of the text as it is, or else as it is with the other kind of line endings. */
export function findExact(body: Body, oldText: string, newText: string): Found | undefined {
  const lf = oldText.replaceAll('\r\n', '\n')
  for (const text of new Set([oldText, lf.replaceAll('\n', '\r\n'), lf])) {
    for (const encoding of body.encodings) {
      const needle = encode(text, encoding)
      const starts = needle ? placesOf(body.bytes, needle) : []
      if (needle && starts.length > 0)
        return {
          starts,
          length: needle.length,
          encoding,
          newText,
          endingsMeant: text === oldText && text !== lf,
          forgiven: text === oldText ? [] : ['line endings'],
        }
    }
  }
  return undefined
}

const placesOf = (bytes: Buffer, needle: Buffer): number[] =>
  occurrences(bytes, needle)
    .take(MAX_PLACES + 1)
    .toArray()

const NUMBERED = /^ *(\d+)(?:\t|→)/

/**
 * The places of the text when blanks at line ends, mixed line endings and pasted line numbers are forgiven; never
 * indentation. At most two, since only a single one is ever used.
 */
export function findTolerant(body: Body, oldText: string, newText: string): Found[] {
  const numbers = pastedNumbers(oldText)
  const wanted = numbers ? stripNumbers(oldText) : oldText
  const replacement = numbers && pastedNumbers(newText) ? stripNumbers(newText) : newText
  return body.encodings.flatMap((encoding) => {
    const like = wantedOf(wanted, encoding, numbers)
    return (like ? placesLike(body.bytes, like) : []).map(([start, end]) => {
      const forgiven = [...(numbers ? ['pasted line numbers'] : []), ...whatDiffers(body.show(body.bytes.subarray(start, end)), wanted)]
      return { starts: [start], length: end - start, encoding, newText: replacement, endingsMeant: false, forgiven }
    })
  })
}

/** Every line has one, and they count up. */
function pastedNumbers(text: string): boolean {
  const lines = text.replace(/\r?\n$/, '').split('\n')
  const numbers = lines.map((line) => Number(NUMBERED.exec(line)?.[1] ?? Number.NaN))
  return numbers.every((number, i) => number === (numbers[0] ?? Number.NaN) + i)
}

const stripNumbers = (text: string): string =>
  text
    .split('\n')
    .map((line) => line.replace(NUMBERED, ''))
    .join('\n')

function wantedOf(text: string, encoding: Encoding, wholeLines: boolean): Wanted | undefined {
  const lines = text.split(/\r?\n/)
  const last = lines.at(-1) ?? ''
  const encoded = encode(lines.map(trimBlanks).join('\n'), encoding)
  const empty = lines.every((line) => trimBlanks(line) === '')
  return encoded && !empty ? { text: encoded, wholeLines, toLineEnd: last !== trimBlanks(last) } : undefined
}

function trimBlanks(line: string): string {
  let end = line.length
  while (end > 0 && ' \t\r'.includes(line.charAt(end - 1))) end--
  return line.slice(0, end)
}

function whatDiffers(found: string, wanted: string): string[] {
  if (found === wanted) return []
  return found.replaceAll('\r\n', '\n') === wanted.replaceAll('\r\n', '\n') ? ['line endings'] : ['blanks at line ends']
}

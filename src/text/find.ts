import type { Body } from './body.ts'
import { encode, type Encoding } from './encoding.ts'

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

function placesOf(bytes: Buffer, needle: Buffer): number[] {
  const places: number[] = []
  for (let at = bytes.indexOf(needle); at >= 0 && places.length <= MAX_PLACES; at = bytes.indexOf(needle, at + needle.length)) places.push(at)
  return places
}

/** Bounds of the tolerant search: what repeats itself in the file and in what is looked for would take their product. */
const MAX_WORK = 2_000_000_000
const MAX_TOLERATED = 64 * 1024

const NUMBERED = /^ *(\d+)(?:\t|→)/

/**
 * The places of the text when blanks at line ends, mixed line endings and pasted line numbers are forgiven; never
 * indentation. At most two, since only a single one is ever used.
 */
export function findTolerant(body: Body, oldText: string, newText: string): Found[] {
  const numbers = pastedNumbers(oldText)
  const wanted = numbers ? stripNumbers(oldText) : oldText
  const replacement = numbers && pastedNumbers(newText) ? stripNumbers(newText) : newText
  return body.encodings.flatMap((encoding) =>
    placesLike(body.bytes, wanted, encoding, numbers)
      .slice(0, 2)
      .map(([start, end]) => {
        const forgiven = [...(numbers ? ['pasted line numbers'] : []), ...whatDiffers(body.show(body.bytes.subarray(start, end)), wanted)]
        return { starts: [start], length: end - start, encoding, newText: replacement, endingsMeant: false, forgiven }
      }),
  )
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

/** By a regular expression over single bytes whose every repetition is fenced by what stands before it, so that it takes linear time. */
function placesLike(bytes: Buffer, wanted: string, encoding: Encoding, wholeLines: boolean): [start: number, end: number][] {
  const lines = wanted.split(/\r?\n/)
  if (lines.length * bytes.length > MAX_WORK || wanted.length > MAX_TOLERATED) return []
  const encoded = lines.map((line) => encode(trimBlanks(line), encoding)?.toString('latin1'))
  if (encoded.includes(undefined) || encoded.every((line) => line === '')) return []
  const last = lines.at(-1) ?? ''
  const head = wholeLines ? '(?<=\\n|^)' : ''
  const tail = last !== trimBlanks(last) ? '[ \\t]*(?=\\r?\\n|$)' : ''
  const source = encoded.map((line = '', i) => escapeRegex(line) + (i === encoded.length - 1 ? tail : i === 0 && line === '' ? '\\r?\\n' : '[ \\t]*\\r?\\n'))
  const pattern = new RegExp(head + source.join(''), 'g')
  return pattern[Symbol.matchAll](bytes.toString('latin1'))
    .take(2)
    .map((match): [number, number] => [match.index, match.index + match[0].length])
    .toArray()
}

const trimBlanks = (line: string): string => line.replace(/[ \t\r]*$/, '')
const escapeRegex = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')

function whatDiffers(found: string, wanted: string): string[] {
  if (found === wanted) return []
  return found.replaceAll('\r\n', '\n') === wanted.replaceAll('\r\n', '\n') ? ['line endings'] : ['blanks at line ends']
}

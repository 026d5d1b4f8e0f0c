import { occurrences } from './search.ts'
import { lineEnd } from './split.ts'

const [TAB, NEWLINE, RETURN, SPACE] = [9, 10, 13, 32]

export interface Wanted {
  /** Without blanks at line ends, with LF. */
  readonly text: Buffer
  /** It has to begin where a line begins. */
  readonly wholeLines: boolean
  /** It has to end where a line ends, since blanks followed. */
  readonly toLineEnd: boolean
}

/** The first two places `[start, end)` of a text when blanks at line ends and the kind of line ends do not count. */
export function placesLike(original: Buffer, { text, wholeLines, toLineEnd }: Wanted): [start: number, end: number][] {
  const places: [number, number][] = []
  const [firsts, lasts] = [new Cursor(original), new Cursor(original)]
  for (const at of occurrences(trimmed(original), text, true)) {
    const first = firsts.seek(at)
    const last = lasts.seek(at + text.length)
    const [column, lastColumn] = [at - first.at, at + text.length - last.at]
    if ((wholeLines && column > 0) || (toLineEnd && lastColumn < last.length)) continue
    // A text that begins with a line end begins behind the blanks before it.
    const start = text[0] === NEWLINE ? first.end : first.from + column
    if (places.push([start, toLineEnd ? last.end : last.from + lastColumn]) === 2) break
  }
  return places
}

/** A line of the original, and what is left of it without blanks at its end. */
interface Line {
  /** Where it begins in the original, and where its blanks end. */
  readonly from: number
  readonly end: number
  /** Where it begins in the trimmed text, and its length there without the line end. */
  readonly at: number
  readonly length: number
  readonly ended: boolean
}

/** All of them, with the empty one behind the last line end. */
function* linesOf(original: Buffer): Generator<Line> {
  let at = 0
  let from = 0
  for (let ended = true; ended;) {
    const next = lineEnd(original, from)
    ended = next > from && original[next - 1] === NEWLINE
    const returned = ended && next - 2 >= from && original[next - 2] === RETURN
    const end = next - (returned ? 2 : ended ? 1 : 0)
    const length = withoutBlanks(original, from, end) - from
    yield { from, end, at, length, ended }
    at += length + 1
    from = next
  }
}

function withoutBlanks(bytes: Buffer, from: number, end: number): number {
  let at = end
  while (at > from && (bytes[at - 1] === SPACE || bytes[at - 1] === TAB || bytes[at - 1] === RETURN)) at--
  return at
}

function trimmed(original: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(original.length)
  let size = 0
  for (const { from, at, length, ended } of linesOf(original)) {
    original.copy(bytes, at, from, from + length)
    if (ended) bytes[at + length] = NEWLINE
    size = at + length + (ended ? 1 : 0)
  }
  return bytes.subarray(0, size)
}

/** Finds the lines of rising places of the trimmed text, with memory for two. */
class Cursor {
  readonly #lines: Generator<Line>
  #line: Line
  #next: Line | undefined

  constructor(original: Buffer) {
    this.#lines = linesOf(original)
    this.#line = { from: 0, end: 0, at: 0, length: 0, ended: false }
    this.#next = this.#following()
  }

  seek(at: number): Line {
    for (; this.#next && this.#next.at <= at; this.#next = this.#following()) this.#line = this.#next
    return this.#line
  }

  #following(): Line | undefined {
    const next = this.#lines.next()
    return next.done ? undefined : next.value
  }
}

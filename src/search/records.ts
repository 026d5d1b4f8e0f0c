import { MAX_TEXT } from './limits.ts'
import type { Found, Pattern } from './types.ts'

const NUL = 0
const NEWLINE = 10
const RETURN = 13
const COLON = 58
const ELLIPSIS = '…'

/** Splits the engine's output into records and reads them. A record may come in many pieces. */
export class Records {
  readonly #output: Pattern['output']
  readonly #onFound: (found: Found) => void
  #pieces: Buffer[] = []

  constructor(output: Pattern['output'], onFound: (found: Found) => void) {
    this.#output = output
    this.#onFound = onFound
  }

  /** Keeps nothing of `bytes` itself. */
  push(bytes: Uint8Array): void {
    const terminator = this.#output === 'files' ? NUL : NEWLINE
    const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    let start = 0
    for (let end = chunk.indexOf(terminator); end >= 0; end = chunk.indexOf(terminator, start)) {
      this.#record(chunk.subarray(start, end))
      start = end + 1
    }
    if (start < chunk.length) this.#pieces.push(Buffer.from(chunk.subarray(start)))
  }

  #record(last: Buffer): void {
    const record = this.#pieces.length === 0 ? last : Buffer.concat([...this.#pieces, last])
    this.#pieces = []
    const found = readers[this.#output](record)
    if (found) this.#onFound(found)
  }
}

const readers: Record<Pattern['output'], (record: Buffer) => Found | undefined> = {
  files: (record) => ({ kind: 'file', file: Number(record.toString('latin1')) }),
  count: (record) => {
    const name = record.indexOf(NUL)
    return { kind: 'count', file: number(record, 0, name), count: number(record, name + 1, record.length) }
  },
  lines: line,
}

/** `name NUL line: NUL column: NUL text` for a hit, `name NUL line- NUL text` for context, and `--` between groups. */
function line(record: Buffer): Found | undefined {
  const name = record.indexOf(NUL)
  if (name < 0) return undefined
  const file = number(record, 0, name)
  const end = record.at(-1) === RETURN ? record.length - 1 : record.length
  const position = field(record, name + 1)
  if (record[position.end] !== COLON) return { kind: 'context', file, line: position.value, text: excerpt(record.subarray(position.next, end), 1) }
  const column = field(record, position.next)
  const text = record.subarray(column.next, end)
  // An empty match at the end of a line is told without its column.
  const at = column.next > position.next ? column.value : text.length + 1
  return { kind: 'hit', file, line: position.value, column: at, text: excerpt(text, at) }
}

/** A number up to its separator of two bytes; if there is none, it ends where it begins. */
function field(record: Buffer, start: number): { readonly value: number; readonly end: number; readonly next: number } {
  let end = start
  while (isDigit(record[end])) end++
  const separated = end > start && record[end + 1] === NUL
  return separated ? { value: number(record, start, end), end, next: end + 2 } : { value: 0, end: start, next: start }
}

const number = (bytes: Buffer, start: number, end: number): number => Number(bytes.toString('latin1', start, end))
const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 48 && byte <= 57

/** A line whole, or the part around a column (bytes from 1) that fits, with an ellipsis where it goes on. */
export function excerpt(text: Buffer, column: number): string {
  if (text.length <= MAX_TEXT) return text.toString()
  const start = characterStart(text, Math.max(0, Math.min(column - 1 - MAX_TEXT / 2, text.length - MAX_TEXT)))
  const end = characterStart(text, Math.min(text.length, start + MAX_TEXT))
  return `${start > 0 ? ELLIPSIS : ''}${text.toString('utf8', start, end)}${end < text.length ? ELLIPSIS : ''}`
}

/** The nearest position at or before this one where a UTF-8 character begins. */
function characterStart(text: Buffer, position: number): number {
  let at = position
  while (at > 0 && at > position - 3 && ((text[at] ?? 0) & 0xc0) === 0x80) at--
  return at
}

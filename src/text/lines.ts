import type { Bytes, Range } from '../core/backend.ts'
import { type Encoding, type TextKind, viewOf } from './encoding.ts'
import type { LineIndex, Mark } from './line-index.ts'

/** A text file whose lines are wanted: `key` names its content in the index. */
export interface LineSource {
  readonly key: string
  readonly size: number
  readonly kind: TextKind
  readonly read: (range: Range) => Bytes
}

export interface LineQuery {
  /** 1 is the first line, -1 the last. */
  readonly offset: number
  readonly limit: number
  /** Characters of all lines together. */
  readonly budget: number
}

export interface Line {
  /** Without its ending, and only the beginning if it is very long. */
  readonly text: string
  /** Where the first byte that is missing stands, for a line that was cut. */
  readonly cutAt?: number | undefined
  readonly ending: '' | '\n' | '\r\n'
}

export interface LineSlice {
  readonly lines: readonly Line[]
  /** Number of the first line; negative if it is counted from an end whose own number nobody knows. */
  readonly first: number
  /** Where to go on, null at the end. */
  readonly next: number | null
  /** Null if the end was not reached. */
  readonly total: number | null
}

export const MAX_LINE = 1900
const MAX_LINE_BYTES = MAX_LINE * 4
/** Up to this size a file is read to its end to count its lines. */
const COUNTED = 4 * 1024 * 1024
/** So much of a file's end is looked at for its last lines, and four times as much each time it was too little. */
const TAIL = 1024 * 1024
const MAX_TAIL = 64 * 1024 * 1024

/** Lines of a text, with memory for those lines only. */
export async function readLines(source: LineSource, query: LineQuery, index: LineIndex): Promise<LineSlice> {
  const utf8 = source.kind.encoding.startsWith('utf-16') ? transcoded(source) : source
  return query.offset < 0 ? readTail(utf8, query) : readForward(utf8, query, index)
}

async function readForward(source: LineSource, { offset, limit, budget }: LineQuery, index: LineIndex): Promise<LineSlice> {
  const first = Math.max(1, offset)
  const mark = index.before(source.key, first)
  const scan = new Scan(source, mark, { first, limit, budget })
  await scan.run(source.read({ offset: mark.byte }), (at) => index.add(source.key, at), source.size > COUNTED)
  if (scan.ended) index.setTotal(source.key, scan.total)
  const total = index.total(source.key) ?? null
  const next = first + scan.lines.length
  return { lines: scan.lines, first, next: scan.full && (total === null || next <= total) ? next : null, total }
}

/** Reads from the end backwards, unless the whole is small: then the lines get their own numbers. */
async function readTail(source: LineSource, { offset, limit, budget }: LineQuery): Promise<LineSlice> {
  const wanted = -offset
  for (let span = TAIL; ; span *= 4) {
    const from = source.size <= COUNTED ? 0 : Math.max(0, source.size - span)
    const total = await countLines(source.read({ offset: from }))
    const known = from === 0 ? total : total - 1 // the first of them is only the end of a line
    if (from > 0 && known < wanted && span < MAX_TAIL) continue
    const first = Math.max(0, known - wanted) + (from === 0 ? 1 : 2)
    const scan = new Scan(source, { line: 1, byte: from }, { first, limit, budget })
    await scan.run(source.read({ offset: from }), () => {}, true)
    return from === 0 ? fromStart(scan, first, total) : fromEnd(scan, first, total)
  }
}

function fromStart(scan: Scan, first: number, total: number): LineSlice {
  const next = first + scan.lines.length
  return { lines: scan.lines, first, next: next <= total ? next : null, total }
}

function fromEnd(scan: Scan, first: number, total: number): LineSlice {
  const start = first - total - 1
  const next = start + scan.lines.length
  return { lines: scan.lines, first: start, next: next < 0 ? next : null, total: null }
}

async function countLines(source: Bytes): Promise<number> {
  let lines = 0
  let last = 10
  for await (const chunk of source) {
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) lines++
    last = chunk.at(-1) ?? last
  }
  return last === 10 ? lines : lines + 1
}

interface Want {
  readonly first: number
  readonly limit: number
  readonly budget: number
}

/** Collects the wanted lines of a stream, and counts on to its end if that is cheap. */
class Scan {
  readonly lines: Line[] = []
  ended = false
  /** The limit or the budget stopped it. */
  full = false
  readonly #source: LineSource
  readonly #want: Want
  #line: number
  #byte: number
  #chars = 0
  #parts: Uint8Array[] = []
  #length = 0

  constructor(source: LineSource, start: Mark, want: Want) {
    this.#source = source
    this.#want = want
    this.#line = start.line
    this.#byte = start.byte
  }

  get total(): number {
    return this.#line - 1
  }

  async run(stream: Bytes, mark: (at: Mark) => void, stopWhenFull: boolean): Promise<void> {
    for await (const chunk of stream) {
      this.#feed(chunk)
      mark({ line: this.#line, byte: this.#byte - this.#length })
      if (this.full && stopWhenFull) return
    }
    if (this.#length > 0) this.#endLine()
    this.ended = true
  }

  get #wanted(): boolean {
    return this.#line >= this.#want.first && !this.full
  }

  #feed(chunk: Uint8Array): void {
    const bytes = viewOf(chunk)
    for (let at = 0; at < bytes.length;) {
      if (this.lines.length === this.#want.limit) this.full = true // not only at its end: the next line can be huge
      const newline = bytes.indexOf(10, at)
      const end = newline < 0 ? bytes.length : newline + 1
      const isWhole = newline >= 0 && this.#length === 0
      if (!isWhole && this.#wanted && this.#length < MAX_LINE_BYTES) this.#parts.push(bytes.subarray(at, end))
      this.#length += end - at
      this.#byte += end - at
      if (newline >= 0) this.#endLine(isWhole ? { bytes, from: at, to: end } : undefined)
      at = end
    }
  }

  /** `whole`: all of the line, which then is in no part. */
  #endLine(whole?: Span): void {
    if (this.#wanted) this.#take(whole ?? spanOf(this.#parts))
    this.#line++
    if (this.#parts.length > 0) this.#parts = []
    this.#length = 0
  }

  #take(span: Span): void {
    const line = lineOf(span, this.#length, this.#byte - this.#length, this.#source.kind)
    this.#chars += line.text.length + 8
    if (this.lines.length > 0 && this.#chars > this.#want.budget) this.full = true
    else this.lines.push(line)
  }
}

/** Bytes of a buffer. To decode them where they are is several times as fast as to cut each line out of it first. */
interface Span {
  readonly bytes: Buffer
  readonly from: number
  readonly to: number
}

function spanOf(parts: readonly Uint8Array[]): Span {
  const bytes = Buffer.concat(parts)
  return { bytes, from: 0, to: bytes.length }
}

/** The span is the line's beginning, of `length` bytes in all; it begins at `start` of the file. */
function lineOf({ bytes, from, to }: Span, length: number, start: number, { encoding, bom }: TextKind): Line {
  const isWhole = to - from === length
  const ending = !isWhole || bytes[to - 1] !== 10 ? '' : length > 1 && bytes[to - 2] === 13 ? '\r\n' : '\n'
  const skip = start === 0 && encoding !== 'latin-1' ? bom : 0
  const nodes = encoding === 'latin-1' ? 'latin1' : 'utf8'
  const text = bytes.toString(nodes, from + skip, to - ending.length)
  if (text.length <= MAX_LINE && isWhole) return { text, ending }
  const shown = text.slice(0, /[\uD800-\uDBFF]/.test(text.charAt(MAX_LINE - 1)) ? MAX_LINE - 1 : MAX_LINE)
  return { text: shown, ending, cutAt: start + skip + Buffer.byteLength(shown, nodes) }
}

/** A UTF-16 file as if it were UTF-8: places in it are then not those in the file. */
function transcoded(source: LineSource): LineSource {
  const { encoding, bom } = source.kind
  return {
    key: `${source.key} as utf-8`,
    size: Math.min(source.size, COUNTED),
    kind: { encoding: 'utf-8', bom: 0 },
    read: ({ offset = 0 }) => skipBytes(toUtf8(source.read({ offset: bom }), encoding), offset),
  }
}

async function* toUtf8(source: Bytes, encoding: Encoding): Bytes {
  const decoder = new TextDecoder(encoding)
  for await (const chunk of source) yield Buffer.from(decoder.decode(chunk, { stream: true }))
  yield Buffer.from(decoder.decode())
}

async function* skipBytes(source: Bytes, count: number): Bytes {
  let left = count
  for await (const chunk of source) {
    if (left < chunk.length) yield chunk.subarray(left)
    left = Math.max(0, left - chunk.length)
  }
}

import { Buffer, isUtf8 } from 'node:buffer'
import mime from 'mime'
import type { Bytes, Range, Stat } from '../../src/core/backend.ts'
import { bytesOf, collect } from '../../src/core/bytes.ts'
import { oneLine } from '../../src/core/one-line.ts'
import type { VfsPath } from '../../src/core/path.ts'
import { decode, detectText, type Encoding, endingOf, formatSize, SAMPLE, type TextKind } from '../../src/text/encoding.ts'
import type { LineIndex } from '../../src/text/line-index.ts'
import { type Line, type LineSlice, MAX_LINE, readLines } from '../../src/text/lines.ts'
import type { OpenFile } from '../../src/vfs/types.ts'

/** Characters of file content in one result; the rest is for what is said about it. */
const BUDGET = 39_000
/** Below this size a file is read once and whole. */
const SMALL = 256 * 1024

/** A file of which the beginning has been read; all of it if it is small. */
export interface Begun {
  readonly path: VfsPath
  readonly file: OpenFile
  readonly head: Uint8Array
  /** Undefined: binary. */
  readonly kind: TextKind | undefined
  readonly read: (range: Range) => Bytes
}

export async function begin(path: VfsPath, file: OpenFile): Promise<Begun> {
  const small = file.stat.size <= SMALL
  const content = await collect(file.read(small ? {} : { length: SAMPLE }), SMALL)
  const head = content.subarray(0, SAMPLE)
  const read = ({ offset = 0 }: Range): Bytes => (small ? bytesOf(content.subarray(offset)) : file.read({ offset }))
  return { path, file, head, kind: detectText(head, head.length === content.length && small), read }
}

export interface LinesRead {
  readonly text: string
  readonly slice: LineSlice
}

export interface LinesQuery {
  readonly offset: number
  readonly limit: number
  readonly raw: boolean
}

export async function linesOf(begun: Begun & { readonly kind: TextKind }, { offset, limit, raw }: LinesQuery, index: LineIndex): Promise<LinesRead> {
  const { path, file, kind, head } = begun
  const source = { key: `${path}\0${file.stat.etag}`, size: file.stat.size, kind, read: begun.read }
  const slice = await readLines(source, { offset, limit, budget: BUDGET }, index)
  const more = slice.next === null ? '' : `[more: offset=${slice.next}]`
  if (raw) return { slice, text: slice.lines.map((line) => rawLine(line, kind.encoding)).join('') + more }
  const lines = slice.lines.map((line, i) => `${slice.first + i}\t${line.text}${cutNote(line, kind.encoding)}`)
  return { slice, text: [headLine(begun, slice, formatOf(head, kind)), ...lines, ...(more ? [more] : [])].join('\n') }
}

const rawLine = (line: Line, encoding: Encoding): string =>
  line.cutAt === undefined ? line.text + line.ending : `${line.text}${cutNote(line, encoding)}${line.ending || '\n'}`

const cutNote = ({ cutAt }: Line, encoding: Encoding): string =>
  cutAt === undefined ? '' : encoding.startsWith('utf-16') ? '… [line goes on]' : `… [line goes on: byte_offset=${cutAt}]`

function headLine({ path, file: { stat } }: Begun, slice: LineSlice, format: string): string {
  const facts = [formatSize(stat.size), format, `etag ${stat.etag}`]
  const last = slice.lines.at(-1)
  if (last?.ending === '' && slice.next === null) facts.push('no newline at the end')
  if (slice.lines.some((line) => line.text.includes('\uFFFD'))) facts.push('what is not utf-8 shows as \uFFFD')
  return `${oneLine(path)} ${span(slice)} · ${facts.join(' · ')}`
}

function span({ first, lines, total }: LineSlice): string {
  const last = first + lines.length - 1
  if (total === 0) return 'is empty'
  if (lines.length === 0 && total === null) return 'has no line end near its end; read it by byte_offset'
  if (lines.length === 0) return `has ${total} lines, none from ${first} on`
  const of = total === null ? '' : ` of ${total}`
  return first < 0 ? `lines ${first} to ${last}, counted from the end` : `lines ${first}-${last}${of}`
}

function formatOf(head: Uint8Array, { encoding, bom }: TextKind): string {
  const name = bom === 3 ? 'utf-8 BOM' : encoding
  const ending = endingOf(encoding.startsWith('utf-16') ? Buffer.from(decode(head, encoding)) : head)
  return ending === 'none' ? name : `${name} ${ending === 'mixed' ? 'mixed LF and CRLF' : ending}`
}

export interface Piece {
  readonly text: string
  readonly next: number | null
  readonly content?: string
  readonly content_base64?: string
}

/** As much of a file as reading a piece of it needs. */
export interface Sized {
  readonly stat: Pick<Stat, 'size' | 'etag'>
  read(range: Range): Bytes
}

/** Bytes as they are for a program, and as text or a hex dump for a model; `argument` is what asks for the next. */
export async function pieceOf(path: VfsPath, file: Sized, offset: number, length: number, argument = 'byte_offset'): Promise<Piece> {
  const bytes = await collect(file.read({ offset, length }), length)
  const end = offset + bytes.length
  const next = end < file.stat.size ? end : null
  const where = bytes.length === 0 ? `has no bytes from ${offset} on` : `bytes ${offset}-${end - 1} of ${file.stat.size}`
  const kind = detectText(bytes.subarray(firstCharacter(bytes)), false)
  const head = `${oneLine(path)} ${where} · ${kind?.encoding ?? 'binary'} · etag ${file.stat.etag}`
  const body = kind ? wrapped(decode(bytes, kind.encoding)) : hexDump(bytes, offset)
  const more = next === null ? [] : [`[more: ${argument}=${next}]`]
  const content = isUtf8(bytes) && kind ? { content: decode(bytes, 'utf-8') } : { content_base64: Buffer.from(bytes).toString('base64') }
  return { text: [head, ...(body ? [body] : []), ...more].join('\n'), next, ...content }
}

/** A piece can begin inside a UTF-8 character. */
function firstCharacter(bytes: Uint8Array): number {
  const start = bytes.subarray(0, 4).findIndex((byte) => byte < 0x80 || byte >= 0xc0)
  return Math.max(0, start)
}

/** Lines of results are cut, so a longer one is shown in several, with a mark. */
function wrapped(text: string): string {
  const shown = text.length > BUDGET ? `${text.slice(0, BUDGET)}\n[the rest of these bytes is in the result's content]` : text
  return shown
    .split('\n')
    .map((line) => line.match(new RegExp(`.{1,${MAX_LINE}}`, 'gsu'))?.join('↩\n') ?? '')
    .join('\n')
}

const MAX_DUMPED = 4096

function hexDump(bytes: Uint8Array, offset: number): string {
  const rows: string[] = []
  for (let at = 0; at < Math.min(bytes.length, MAX_DUMPED); at += 16) {
    const row = Buffer.from(bytes.subarray(at, at + 16))
    const hex = row.toString('hex').replace(/..(?!$)/g, '$& ')
    rows.push(`${(offset + at).toString(16).padStart(8, '0')}  ${hex.padEnd(47)}  ${row.toString('latin1').replace(/[^ -~]/g, '.')}`)
  }
  if (bytes.length > MAX_DUMPED) rows.push(`[the other ${bytes.length - MAX_DUMPED} bytes are in the result's content_base64]`)
  return rows.join('\n')
}

const MAX_IMAGE = 1_000_000
/** By the first bytes, in hexadecimal. */
const IMAGES: readonly (readonly [type: string, pattern: RegExp])[] = [
  ['image/png', /^89504e470d0a1a0a/],
  ['image/jpeg', /^ffd8ff/],
  ['image/gif', /^474946383[79]61/],
  ['image/webp', /^52494646.{8}57454250/],
]

/** What a model can see of a file that is not text: an image itself, or what it is. */
export async function pictureOf({
  path,
  file,
  head,
  read,
}: Begun): Promise<{ readonly text: string; readonly image?: { readonly data: string; readonly mimeType: string } }> {
  const { size, etag } = file.stat
  const start = Buffer.from(head.subarray(0, 16)).toString('hex')
  const image = IMAGES.find(([, pattern]) => pattern.test(start))?.[0]
  const type = image ?? mime.getType(path) ?? 'application/octet-stream'
  const facts = `${type} · ${formatSize(size)} · etag ${etag}`
  if (image && size <= MAX_IMAGE)
    return {
      text: `${oneLine(path)} is an image · ${facts}`,
      image: { data: Buffer.from(await collect(read({}), MAX_IMAGE)).toString('base64'), mimeType: image },
    }
  return { text: `${oneLine(path)} is binary · ${facts}\nRead parts with byte_offset and byte_length, or pass it on by path.` }
}

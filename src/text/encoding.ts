import { isUtf8 } from 'node:buffer'

export type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'latin-1'

export interface TextKind {
  readonly encoding: Encoding
  /** Bytes of the byte order mark at the beginning; 0 if there is none. */
  readonly bom: 0 | 2 | 3
}

/** So many bytes of a file's beginning say whether it is text, and which. */
export const SAMPLE = 64 * 1024

/** What a file is by its beginning; `whole` if there is no more of it. Undefined: binary. */
export function detectText(head: Uint8Array, whole: boolean): TextKind | undefined {
  if (head[0] === 0xff && head[1] === 0xfe) return { encoding: 'utf-16le', bom: 2 }
  if (head[0] === 0xfe && head[1] === 0xff) return { encoding: 'utf-16be', bom: 2 }
  if (head.includes(0)) return undefined
  const bom = head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf ? 3 : 0
  return { encoding: isUtf8(whole ? head : wholeCharacters(head)) ? 'utf-8' : 'latin-1', bom }
}

/** Without the beginning of a UTF-8 character that the cut left at the end. */
function wholeCharacters(bytes: Uint8Array): Uint8Array {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0
    if (byte < 0x80) return bytes
    if (byte >= 0xc0) return bytes.subarray(0, bytes.length - back)
  }
  return bytes
}

const DECODERS = { 'utf-8': 'utf8', 'utf-16le': 'utf16le', 'utf-16be': 'utf16le', 'latin-1': 'latin1' } as const

export function decode(bytes: Uint8Array, encoding: Encoding): string {
  const buffer = viewOf(bytes)
  return (encoding === 'utf-16be' ? swapped(buffer) : buffer).toString(DECODERS[encoding])
}

/** The same bytes, with the methods of a Buffer. */
export const viewOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)

/** Undefined if the encoding has no such characters, of which a lone surrogate is one. */
export function encode(text: string, encoding: Encoding): Buffer | undefined {
  if (!text.isWellFormed() || (encoding === 'latin-1' && /[\u{100}-\u{10FFFF}]/u.test(text))) return undefined
  const bytes = Buffer.from(text, DECODERS[encoding])
  return encoding === 'utf-16be' ? swapped(bytes) : bytes
}

const swapped = (bytes: Buffer): Buffer => Buffer.from(bytes.subarray(0, bytes.length & ~1)).swap16()

export type Ending = 'LF' | 'CRLF' | 'mixed' | 'none'

/** How the lines of a text end. */
export function endingOf(text: Uint8Array): Ending {
  let crlf = 0
  let lf = 0
  for (let at = text.indexOf(10); at >= 0; at = text.indexOf(10, at + 1)) {
    if (text[at - 1] === 13) crlf++
    else lf++
  }
  if (crlf === 0) return lf === 0 ? 'none' : 'LF'
  return lf === 0 ? 'CRLF' : 'mixed'
}

/** `812 B`, `48 KB`, `1.2 GB`: powers of 1024, as people read them. */
export function formatSize(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`
  const power = Math.min(4, Math.floor(Math.log2(bytes) / 10))
  const value = bytes / 1024 ** power
  return `${value < 9.95 ? value.toFixed(1).replace(/\.0$/, '') : Math.round(value)} ${['B', 'KB', 'MB', 'GB', 'TB'][power]}`
}

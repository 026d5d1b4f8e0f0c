import { isUtf8 } from 'node:buffer'
import { VfsError } from '../core/error.ts'
import { decode, detectText, encode, type Encoding, SAMPLE } from './encoding.ts'

/** A text as bytes in which an ASCII character is one byte, so that searching and cutting work alike on every encoding. */
export interface Body {
  readonly bytes: Buffer
  readonly encoding: Encoding
  /** In which old text is looked for, in this order. */
  readonly encodings: readonly Encoding[]
  show(bytes: Uint8Array): string
  /** The file's own bytes of a changed body. */
  restore(bytes: Buffer): Uint8Array
}

/** Rejects NOT_TEXT. */
export function bodyOf(content: Uint8Array, path: string): Body {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.length)
  const kind = detectText(bytes.subarray(0, SAMPLE), bytes.length <= SAMPLE)
  if (!kind || (kind.encoding !== 'utf-16le' && kind.encoding !== 'utf-16be' && bytes.includes(0))) throw notText(path, 'is binary: it holds NUL bytes')
  if (kind.encoding === 'utf-16le' || kind.encoding === 'utf-16be') return wideBody(bytes, kind.encoding, path)
  const encoding = isUtf8(bytes) ? 'utf-8' : 'latin-1'
  return {
    bytes,
    encoding,
    // A file that is not UTF-8 as a whole can still hold some, and a model was shown it as one of the two.
    encodings: encoding === 'utf-8' ? ['utf-8'] : ['latin-1', 'utf-8'],
    show: (part) => decode(part, encoding),
    restore: (changed) => changed,
  }
}

/** Worked on as UTF-8 and written back as it was. */
function wideBody(bytes: Buffer, encoding: 'utf-16le' | 'utf-16be', path: string): Body {
  const text = decode(bytes, encoding)
  const restore = (changed: Buffer): Uint8Array => encode(decode(changed, 'utf-8'), encoding) ?? changed
  const utf8 = Buffer.from(text)
  if (!bytes.equals(restore(utf8))) throw notText(path, `is not well-formed ${encoding}`)
  return { bytes: utf8, encoding, encodings: ['utf-8'], show: (part) => decode(part, 'utf-8'), restore }
}

const notText = (path: string, why: string): VfsError => new VfsError('NOT_TEXT', `${path} ${why}`, { path })

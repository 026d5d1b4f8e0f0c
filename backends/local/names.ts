import { isUtf8 } from 'node:buffer'

/**
 * Names on disk are bytes, names in the VFS are Unicode. A byte that is no UTF-8 is shown as `\xHH` (`caf\xE9.txt`), and
 * the backslash of a name that looks like that already as `\x5C`. Every name has exactly one spelling: `\xC3\xA4` does
 * not name `ä`, else a rule for one spelling could be passed by another.
 */
const ESCAPE = /\\x(5C|[89A-F][0-9A-F])/g
const LOOKS_ESCAPED = /\\(?=x(?:5C|[89A-F][0-9A-F]))/g

/** How bytes of a name, or of a whole path, are shown. */
export function shown(bytes: Uint8Array): string {
  if (isUtf8(bytes)) return shownText(Buffer.from(bytes).toString())
  let text = ''
  let kept = 0
  for (let at = 0; at < bytes.length;) {
    const step = characterLength(bytes, at)
    at += step || 1
    if (step > 0) continue
    text += plain(bytes, kept, at - 1) + `\\x${(bytes[at - 1] ?? 0).toString(16).toUpperCase()}`
    kept = at
  }
  return text + plain(bytes, kept, bytes.length)
}

const plain = (bytes: Uint8Array, from: number, to: number): string => shownText(Buffer.from(bytes.subarray(from, to)).toString())

/** How a name is shown that is UTF-8. */
export const shownText = (text: string): string => (text.includes('\\x') ? text.replace(LOOKS_ESCAPED, '\\x5C') : text)

/** The bytes of a shown name, or undefined if it is not how those bytes are shown. */
export function onDisk(name: string): string | Buffer | undefined {
  if (!name.includes('\\x')) return name
  const bytes = Buffer.concat(name.split(ESCAPE).map((part, i) => Buffer.from(part, i % 2 === 1 ? 'hex' : 'utf8')))
  if (shown(bytes) !== name) return undefined
  return isUtf8(bytes) ? bytes.toString() : bytes
}

/** Node puts this character where bytes were no UTF-8: names with it are read once more, as bytes. */
export const lossy = (text: string): boolean => text.includes('\uFFFD')

/** Length of the UTF-8 character that begins here; 0 if none does. */
function characterLength(bytes: Uint8Array, at: number): number {
  const lead = bytes[at] ?? 0
  const length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4
  return at + length <= bytes.length && isUtf8(bytes.subarray(at, at + length)) ? length : 0
}

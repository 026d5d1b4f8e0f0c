import { hash } from 'node:crypto'

/** One leaf of profile unixfs-v1-2025: content up to this size is one raw block. */
export const LEAF_BYTES = 1 << 20

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567' // RFC 4648, lower case
const MULTIBASE = 'b'.charCodeAt(0) // base32, lower case
const LETTERS = Buffer.from(ALPHABET)
const RAW_SHA256 = Buffer.from([0x01, 0x55, 0x12, 0x20]) // CIDv1, codec raw, multihash sha2-256 of 32 bytes
const RAW_FORM = /^bafkrei[a-z2-7]{52}$/

/** The CID of content up to LEAF_BYTES, whole. */
export const rawCid = (content: Uint8Array): string => cidOfRaw(hash('sha256', content, 'buffer'))

export const cidOfRaw = (sha256: Uint8Array): string => cidText(Buffer.concat([RAW_SHA256, sha256]))

/** The sha2-256 in a CID of the form that rawCid gives; undefined for any other. */
export function rawDigest(cid: string): Buffer | undefined {
  if (!RAW_FORM.test(cid)) return undefined
  return fromBase32(cid.slice(1)).subarray(RAW_SHA256.length)
}

/** A CIDv1 as text, of its bytes. Letters put together one by one would be a tree of some sixty strings, which takes twenty times as long. */
export function cidText(bytes: Uint8Array): string {
  const text = Buffer.allocUnsafe(1 + Math.ceil((bytes.length * 8) / 5))
  text[0] = MULTIBASE
  let at = 1
  let bits = 0
  let held = 0
  for (const byte of bytes) {
    held = ((held << 8) | byte) & 0xfff
    for (bits += 8; bits >= 5; bits -= 5) text[at++] = LETTERS[(held >> (bits - 5)) & 31]!
  }
  if (bits > 0) text[at] = LETTERS[(held << (5 - bits)) & 31]!
  return text.toString('latin1')
}

function fromBase32(text: string): Buffer {
  const bytes = Buffer.alloc((text.length * 5) >> 3)
  let bits = 0
  let held = 0
  let at = 0
  for (const letter of text) {
    held = ((held << 5) | ALPHABET.indexOf(letter)) & 0xfff
    bits += 5
    if (bits >= 8) bytes[at++] = (held >> (bits -= 8)) & 0xff
  }
  return bytes
}

import { hash } from 'node:crypto'
import { VfsError } from '../../core/error.ts'

/** Multihash code → the name that node:crypto gives the function: what we verify, and so what we keep. */
const FUNCTIONS: Readonly<Record<number, string>> = { 0x12: 'sha256', 0x13: 'sha512' }
const VERIFIED = 'Blocks by sha2-256 and sha2-512 can; ask for content that was added with one of them.'
const SHA256 = Buffer.from([0x12, 0x20])
const SHA512 = Buffer.from([0x13, 0x40])

export const sha256 = (content: Uint8Array): Buffer => hash('sha256', content, 'buffer')

export const sha256Multihash = (digest: Uint8Array): Buffer => Buffer.concat([SHA256, digest])

export const sha512Multihash = (content: Uint8Array): Buffer => Buffer.concat([SHA512, hash('sha512', content, 'buffer')])

/** Rejects UNSUPPORTED for a hash function that we do not have. */
export const verifies = (multihash: Uint8Array, content: Uint8Array): boolean => hash(nameOf(multihash), content, 'buffer').equals(multihash.subarray(2))

/** What node:crypto calls its hash function. Rejects UNSUPPORTED. */
export function nameOf(multihash: Uint8Array): string {
  const name = FUNCTIONS[multihash[0] ?? -1]
  if (name !== undefined) return name
  throw new VfsError('UNSUPPORTED', `hash function 0x${functionOf(multihash).toString(16)} cannot be verified here`, { hint: VERIFIED })
}

/** The first varint of a multihash. */
function functionOf(multihash: Uint8Array): number {
  let code = 0
  for (const [index, byte] of multihash.entries()) {
    code += (byte & 0x7f) * 2 ** (7 * index)
    if (byte < 0x80) break
  }
  return code
}

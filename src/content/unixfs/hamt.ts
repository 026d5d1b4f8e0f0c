import { murmur3128 } from '@multiformats/murmur3'
import { VfsError } from '../../core/error.ts'
import { type Encoded, encodeShard, type Link, type Style, tsizeOf } from './codec.ts'
import type { CidFormat } from '../types.ts'
import type { Save } from './file-builder.ts'

/** Fanout of profile unixfs-v1-2025: one byte of the hash a level. */
export const FANOUT = 256
const MURMUR3_X64_64 = 0x22
const HASH_BYTES = 8

/** The first half of murmur3-x64-128, as every implementation takes it. */
export async function nameHash(name: string): Promise<Uint8Array> {
  return (await murmur3128.encode(Buffer.from(name))).subarray(0, HASH_BYTES)
}

/** Takes `width` bits of the hash, from its beginning, at `level`. */
export function slot(hash: Uint8Array, level: number, width: number): number {
  let value = 0
  for (let bit = level * width; bit < (level + 1) * width; bit++) {
    const byte = hash[bit >> 3]
    if (byte === undefined) throw new VfsError('UNSUPPORTED', 'two names in this folder have the same hash')
    value = (value << 1) | ((byte >> (7 - (bit & 7))) & 1)
  }
  return value
}

/** What stands before a child's name in a shard: its slot in hexadecimal, as wide as the highest. */
export const prefix = (index: number, fanout = FANOUT): string => index.toString(16).toUpperCase().padStart(prefixLength(fanout), '0')

export const prefixLength = (fanout: number): number => (fanout - 1).toString(16).length

export function shard(links: readonly Link[], style: Style): Encoded {
  const bits = bitfield(links.map((link) => Number.parseInt(link.name.slice(0, prefixLength(FANOUT)), 16)))
  return encodeShard(links, { bits, fanout: FANOUT, hashType: MURMUR3_X64_64 }, style)
}

/** One bit a slot that is taken, the highest slot first, leading zero bytes left out. */
function bitfield(slots: readonly number[]): Uint8Array {
  const bits = new Uint8Array(FANOUT / 8)
  for (const index of slots) {
    const at = bits.length - 1 - (index >> 3)
    bits[at] = (bits[at] ?? 0) | (1 << (index & 7))
  }
  return bits.subarray(bits.findIndex((byte) => byte !== 0))
}

export interface Hashed {
  readonly link: Link
  readonly hash: Uint8Array
}

/** Where shards go, and the format of their CIDs. */
export interface Shards {
  readonly save: Save
  readonly format: CidFormat
}

/** Builds the shard of these entries at a level, its sub-shards first. */
export async function buildShard(entries: readonly Hashed[], level: number, shards: Shards): Promise<Link[]> {
  const links: Link[] = []
  const slots = Map.groupBy(entries, ({ hash }) => slot(hash, level, 8))
  for (const [index, inside] of [...slots].toSorted(([a], [b]) => a - b)) links.push(await childLink(inside, index, level, shards))
  return links
}

async function childLink(entries: readonly Hashed[], index: number, level: number, shards: Shards): Promise<Link> {
  const [only, second] = entries
  if (only && !second) return { ...only.link, name: prefix(index) + only.link.name }
  return saveShard(prefix(index), await buildShard(entries, level + 1, shards), shards)
}

/** A sub-shard: metadata stands at the root alone. */
export async function saveShard(name: string, links: readonly Link[], { save, format }: Shards): Promise<Link> {
  const encoded = shard(links, { format, meta: {} })
  await save(encoded)
  return { name, cid: encoded.cid, tsize: tsizeOf(encoded.block.length, links) }
}

import type { CID } from 'multiformats/cid'
import { VfsError } from '../../core/error.ts'
import { compareNames } from '../../core/path.ts'

/** A child of a node: `tsize` is the size of all blocks below it, as the DAG says. */
export interface Link {
  readonly name: string
  readonly cid: CID
  readonly tsize: number
}

export const HASH = 0x0a
export const NAME = 0x12
export const TSIZE = 0x18
export const LINK = 0x12
export const DATA = 0x0a

/**
 * The dag-pb block of a node: its links in the order of their names, then its data. The library's encoder gives the same
 * bytes, but encodes every name six times: most of the time of a change in a folder of some hundred names.
 */
export function nodeBlock(links: readonly Link[], data: Uint8Array): Uint8Array {
  const block = Buffer.allocUnsafeSlow(links.reduce((bytes, link) => bytes + linkBytes(link), field(data.length)))
  let at = 0
  for (const link of links.toSorted((a, b) => compareNames(a.name, b.name))) at = writeLink(block, at, link)
  at = writeHead(block, at, DATA, data.length)
  block.set(data, at)
  return block
}

/** Bytes that a link adds to its node's block: a field of three fields. */
export const linkBytes = (link: Link): number => field(innerBytes(link))

/** Bytes of a field of so many bytes, with its head. */
export const field = (bytes: number): number => 1 + varint(bytes) + bytes

const innerBytes = ({ cid, name, tsize }: Link): number => field(cid.byteLength) + field(nameBytes(name)) + 1 + varint(tsize)

/** Most names are short and ASCII: handing one to the runtime takes longer than its letters do, here and in `writeName`. */
function nameBytes(name: string): number {
  for (let i = 0; i < name.length; i++) if (name.charCodeAt(i) > 127) return Buffer.byteLength(name)
  return name.length
}

function writeName(block: Buffer, at: number, name: string): number {
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i)
    if (code > 127) return at + block.write(name, at)
    block[at + i] = code
  }
  return at + name.length
}

function writeLink(block: Buffer, from: number, link: Link): number {
  const { cid, name, tsize } = link
  if (!Number.isSafeInteger(tsize)) throw new VfsError('NOT_UNIXFS', `${cid.toString()} claims more bytes than can be counted`)
  let at = writeHead(block, from, LINK, innerBytes(link))
  at = writeHead(block, at, HASH, cid.byteLength)
  block.set(cid.bytes, at)
  at = writeHead(block, at + cid.byteLength, NAME, nameBytes(name))
  return writeHead(block, writeName(block, at, name), TSIZE, tsize)
}

/** A tag and the number after it; gives where the next byte goes. */
function writeHead(block: Buffer, from: number, tag: number, value: number): number {
  let at = from
  block[at++] = tag
  let rest = value
  for (; rest >= 128; rest = Math.floor(rest / 128)) block[at++] = (rest % 128) + 128
  block[at++] = rest
  return at
}

function varint(value: number): number {
  let bytes = 1
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) bytes++
  return bytes
}

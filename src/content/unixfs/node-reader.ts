import { CID } from 'multiformats/cid'
import { Digest } from 'multiformats/hashes/digest'
import { DATA, HASH, type Link, LINK, NAME, TSIZE } from './node-block.ts'

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true }) // which keeps it
const NONE = new Uint8Array(0)
const SHA2_256 = 0x12
const HASH_BYTES = 32
const CID_BYTES = 4 + HASH_BYTES // version, codec, hash function and length come first
const LARGEST_SCALE = 2 ** 42 // what is below 2^49 can be counted

export interface ReadNode {
  readonly links: readonly Link[]
  readonly data: Uint8Array
}

/**
 * A node's links and data. undefined for a block that is not written as everybody writes them, which is the library's to read
 * or to refuse. It makes a list and five objects of each link, which is half of the time that listing a large folder takes, and
 * takes a byte order mark off a name.
 */
export function readNode(block: Uint8Array): ReadNode | undefined {
  const reader = new Reader(block)
  const first = reader.takes(DATA) ? reader.bytes() : NONE
  const links: Link[] = []
  while (reader.takes(LINK)) {
    const link = reader.link()
    if (!link) return undefined
    links.push(link)
  }
  const data = first === NONE && reader.takes(DATA) ? reader.bytes() : first
  return data && reader.isAtEnd ? { links, data } : undefined
}

/** Goes through a block; what it gives is undefined as soon as something is not of the form. */
class Reader {
  readonly #block: Uint8Array // parts of a Buffer take longer to make
  readonly #text: Buffer
  #at = 0

  constructor({ buffer, byteOffset, length }: Uint8Array) {
    this.#block = new Uint8Array(buffer, byteOffset, length)
    this.#text = Buffer.from(buffer, byteOffset, length)
  }

  get isAtEnd(): boolean {
    return this.#at === this.#block.length
  }

  /** Goes on if this field comes next. */
  takes(tag: number): boolean {
    if (this.#block[this.#at] !== tag) return false
    this.#at++
    return true
  }

  link(): Link | undefined {
    const end = this.#end()
    const cid = this.takes(HASH) ? this.#cid() : undefined
    const name = this.takes(NAME) ? this.#name() : ''
    const tsize = this.takes(TSIZE) ? this.#number() : 0
    return cid && name !== undefined && tsize !== undefined && this.#at === end ? { name, cid, tsize } : undefined
  }

  bytes(): Uint8Array | undefined {
    const end = this.#end()
    return end === undefined ? undefined : this.#block.subarray(this.#at, (this.#at = end))
  }

  /** Of version 1 and a sha2-256, as almost all are, without looking for anything else. Throws for what is no CID. */
  #cid(): CID | undefined {
    const bytes = this.bytes()
    if (!bytes) return undefined
    const [version, code = 0, hash, length] = bytes
    if (bytes.length !== CID_BYTES || version !== 1 || code > 127 || hash !== SHA2_256 || length !== HASH_BYTES) return CID.decode(bytes)
    return new CID(1, code, new Digest(SHA2_256, HASH_BYTES, bytes.subarray(-HASH_BYTES), bytes.subarray(2)), bytes)
  }

  #name(): string | undefined {
    const end = this.#end()
    if (end === undefined) return undefined
    const start = this.#at
    this.#at = end
    for (let at = start; at < end; at++) if ((this.#block[at] ?? 0) > 127) return utf8.decode(this.#block.subarray(start, end))
    return this.#text.toString('latin1', start, end)
  }

  /** Where the field ends whose length comes next, if that is inside the block. */
  #end(): number | undefined {
    const length = this.#number()
    return length !== undefined && this.#at + length <= this.#block.length ? this.#at + length : undefined
  }

  #number(): number | undefined {
    let value = 0
    for (let scale = 1; scale <= LARGEST_SCALE; scale *= 128) {
      const byte = this.#block[this.#at++]
      if (byte === undefined) return undefined
      value += (byte & 127) * scale
      if (byte < 128) return value
    }
    return undefined
  }
}

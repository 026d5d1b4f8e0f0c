import { CID } from 'multiformats/cid'
import { VfsError } from '../../core/error.ts'
import { type Codec, type CodecName, CODECS } from './codec.ts'

const loaded = new Map<number, Promise<Codec>>()

/** Each library is loaded on first use. undefined: a codec that we do not have, whose blocks have no links that we could follow. */
export function codecOf(code: number): Promise<Codec> | undefined {
  const known = loaded.get(code) ?? load(code)
  if (known) loaded.set(code, known)
  return known
}

/** False for a block that has no links, or none that we understand: it need not be loaded. */
export const canLink = ({ code }: CID): boolean => code === CODECS['dag-pb'] || code === CODECS['dag-cbor'] || code === CODECS['dag-json']

/** Rejects UNSUPPORTED, and INVALID_BLOCK for what is not of the codec. */
export async function decodeBlock(cid: CID, block: Uint8Array): Promise<unknown> {
  const codec = await codecOf(cid.code)
  if (!codec) throw new VfsError('UNSUPPORTED', `${cid.toString()} is of codec 0x${cid.code.toString(16)}`, { hint: READABLE })
  return understood(cid, codec, () => codec.decode(block))
}

/** Rejects INVALID_BLOCK for what is not of the codec. */
export async function linksOf(cid: CID, block: Uint8Array): Promise<CID[]> {
  const codec = await codecOf(cid.code)
  return codec ? understood(cid, codec, () => codec.links(block)) : []
}

const READABLE = `Codecs that can be read are ${Object.keys(CODECS).join(', ')}; ipfs_block_get gives the bytes of any other.`

/** The hint for a block that is right by its hash and cannot be decoded. */
export const AS_MADE = 'The block is as its author made it; ipfs_block_get gives its bytes.'

/** Libraries throw whatever they like, a RangeError for a value that is nested deeper than the stack among it. */
function understood<T>(cid: CID, { name }: Codec, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    throw new VfsError('INVALID_BLOCK', `the block of ${cid.toString()} is not ${name}, or is nested too deeply`, {
      cause,
      retryable: false,
      hint: AS_MADE,
    })
  }
}

function load(code: number): Promise<Codec> | undefined {
  if (code === CODECS.raw) return Promise.resolve(raw)
  if (code === CODECS['dag-pb']) return import('./dag-pb.ts').then(({ dagPb }) => dagPb)
  if (code === CODECS['dag-cbor']) return import('@ipld/dag-cbor').then((library) => byValue('dag-cbor', library))
  if (code === CODECS['dag-json']) return import('@ipld/dag-json').then((library) => byValue('dag-json', library))
  return undefined
}

const raw: Codec = {
  name: 'raw',
  code: CODECS.raw,
  decode: (block) => block,
  encode: (value) => {
    if (value instanceof Uint8Array) return value
    throw new TypeError('a raw block is bytes')
  },
  links: () => [],
}

interface Library {
  decode(block: Uint8Array): unknown
  encode(value: unknown): Uint8Array
}

const byValue = (name: CodecName, library: Library): Codec => ({
  name,
  code: CODECS[name],
  decode: (block) => library.decode(block),
  encode: (value) => library.encode(value),
  links: (block) => linksIn(library.decode(block)),
})

/** Without recursion: how deep a value goes is its author's choice. */
function linksIn(value: unknown): CID[] {
  const links: CID[] = []
  const open = [value]
  while (open.length > 0) {
    const one = open.pop()
    const cid = CID.asCID(one)
    if (cid) links.push(cid)
    else for (const inner of innerOf(one).toReversed()) open.push(inner)
  }
  return links
}

function innerOf(value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return []
  return Array.isArray(value) ? value : Object.values(value)
}

import * as dagPb from '@ipld/dag-pb'
import { UnixFS } from 'ipfs-unixfs'
import { CID } from 'multiformats/cid'
import * as digest from 'multiformats/hashes/digest'
import { cidText } from '../../core/cid.ts'
import { VfsError } from '../../core/error.ts'
import { sha256, sha256Multihash, sha512Multihash } from '../blocks/multihash.ts'
import type { Sums } from '../leaf-threads.ts'
import type { CidFormat, Metadata } from '../types.ts'
import { fileMessage } from './file-message.ts'
import { decodeMetadata, encodeMetadata } from './metadata.ts'
import { field, type Link, nodeBlock } from './node-block.ts'
import { readNode, type ReadNode } from './node-reader.ts'

export type { Link } from './node-block.ts'

export const RAW = 0x55
const IDENTITY = 0x00
const MAX_INLINED = 128 // what Kubo takes too

interface Common {
  readonly meta: Metadata
  /** Of the node's own block. */
  readonly blockBytes: number
}

export interface FileNode extends Common {
  readonly kind: 'file'
  readonly size: number
  /** Content of the node itself, before that of its links. */
  readonly data: Uint8Array
  readonly links: readonly Link[]
  /** Content bytes below each link. */
  readonly sizes: readonly number[]
}

export interface FolderNode extends Common {
  readonly kind: 'directory'
  readonly links: readonly Link[]
  /** Of a HAMT shard: how many ways it branches. */
  readonly fanout?: number | undefined
}

export interface LinkNode extends Common {
  readonly kind: 'link'
  readonly target: Uint8Array
}

export type UnixfsNode = FileNode | FolderNode | LinkNode

export interface Encoded {
  readonly cid: CID
  readonly block: Uint8Array
  /** CRC-32 of the block, where somebody has it already. */
  readonly crc?: number | undefined
  /** Of a folder: what decoding it would give. */
  readonly node?: FolderNode | undefined
}

const EMPTY = new Uint8Array(0)

/** Rejects INVALID_CID. */
export function parseCid(text: string): CID {
  const cid = parsed(text)
  if ((inlined(cid)?.length ?? 0) <= MAX_INLINED) return cid
  throw new VfsError('INVALID_CID', `${JSON.stringify(text.slice(0, 100))}… holds more than ${MAX_INLINED} bytes itself`)
}

function parsed(text: string): CID {
  try {
    return CID.parse(text)
  } catch (error) {
    throw new VfsError('INVALID_CID', `${JSON.stringify(text.slice(0, 100))} is not a CID`, { cause: error })
  }
}

/** Of many CIDs faster than their own `toString`. */
export const textOf = (cid: CID): string => (cid.version === 1 ? cidText(cid.bytes) : cid.toString())

/** The content that an identity CID carries in itself. */
export const inlined = (cid: CID): Uint8Array | undefined => (cid.multihash.code === IDENTITY ? cid.multihash.digest : undefined)

/** As what a block is named of which only the hash is known. */
export const rawCidOf = (multihash: Uint8Array): string => cidText(CID.createV1(RAW, digest.decode(multihash)).bytes)

export const cidOf = (codec: number, block: Uint8Array): CID => cidOfDigest(codec, sha256(block))

export const cidOfDigest = (codec: number, hash: Uint8Array): CID => CID.createV1(codec, digest.decode(sha256Multihash(hash)))

const SHA2_256 = 0x12
const SHA2_512 = 0x13

/** What a folder keeps through its changes. */
export const formatOf = ({ version, multihash }: CID): CidFormat => ({ version, hash: multihash.code === SHA2_512 ? 'sha2-512' : 'sha2-256' })

function cidOfNode({ version, hash }: CidFormat, block: Uint8Array): CID {
  if (hash === 'sha2-512') return CID.createV1(dagPb.code, digest.decode(sha512Multihash(block)))
  return version === 0 ? CID.createV0(digest.create(SHA2_256, sha256(block))) : cidOf(dagPb.code, block)
}

/** Rejects NOT_UNIXFS. */
export function decode(cid: CID, block: Uint8Array): UnixfsNode {
  if (cid.code === RAW) return { kind: 'file', size: block.length, data: block, links: [], sizes: [], meta: {}, blockBytes: block.length }
  if (cid.code !== dagPb.code) throw notUnixfs(cid)
  try {
    return decodeNode(block)
  } catch (error) {
    throw notUnixfs(cid, error)
  }
}

function decodeNode(block: Uint8Array): UnixfsNode {
  const { data, links } = readNode(block) ?? byLibrary(block)
  const unixfs = UnixFS.unmarshal(data)
  countable(tsizeOf(block.length, links))
  const common = { meta: decodeMetadata(data), blockBytes: block.length }
  if (unixfs.type === 'directory') return { kind: 'directory', links, ...common }
  if (unixfs.type === 'hamt-sharded-directory') return { kind: 'directory', links, fanout: Number(unixfs.fanout), ...common }
  if (unixfs.type === 'symlink') return { kind: 'link', target: unixfs.data ?? EMPTY, ...common }
  if (unixfs.blockSizes.length !== links.length) throw new Error('sizes do not match the links')
  const size = countable(Number(unixfs.fileSize()))
  return { kind: 'file', size, data: unixfs.data ?? EMPTY, links, sizes: unixfs.blockSizes.map(Number), ...common }
}

function byLibrary(block: Uint8Array): ReadNode {
  const { Data = EMPTY, Links } = dagPb.decode(block)
  return { data: Data, links: Links.map(({ Name, Hash, Tsize }) => ({ name: Name ?? '', cid: Hash, tsize: Tsize ?? 0 })) }
}

/** A few blocks can claim any size: what nobody could count, nobody has. */
function countable(bytes: number): number {
  if (Number.isSafeInteger(bytes)) return bytes
  throw new Error('it claims more bytes than there can be')
}

/** How a node is written beside what it holds. */
export interface Style {
  readonly format: CidFormat
  readonly meta: Metadata
}

export const encodeFile = (links: readonly Link[], sizes: readonly number[], style: Style): Encoded => encode(fileMessage(sizes), links, style)

/** A file, or a part of one, that is all in one node. */
export const encodeLeaf = (data: Uint8Array, style: Style): Encoded => encode(new UnixFS({ type: 'file', data }).marshal(), [], style)

export const encodeRaw = (block: Uint8Array, { digest: hash = sha256(block), crc }: Partial<Sums> = {}): Encoded => ({
  cid: cidOfDigest(RAW, hash),
  block,
  crc,
})

/** UnixFS gives a symbolic link a time and no mode. */
export const encodeLink = (target: string, { format, meta: { modified } }: Style): Encoded =>
  encode(new UnixFS({ type: 'symlink', data: Buffer.from(target) }).marshal(), [], { format, meta: { modified } })

export function encodeFolder(links: readonly Link[], style: Style): Encoded {
  const { cid, block } = encode(new UnixFS({ type: 'directory' }).marshal(), links, style)
  return { cid, block, node: { kind: 'directory', links, meta: style.meta, blockBytes: block.length } }
}

export interface ShardShape {
  readonly bits: Uint8Array
  readonly fanout: number
  readonly hashType: number
}

export function encodeShard(links: readonly Link[], { bits, fanout, hashType }: ShardShape, style: Style): Encoded {
  const unixfs = new UnixFS({ type: 'hamt-sharded-directory', data: bits, fanout: BigInt(fanout), hashType: BigInt(hashType) })
  const { cid, block } = encode(unixfs.marshal(), links, style)
  return { cid, block, node: { kind: 'directory', links, fanout, meta: style.meta, blockBytes: block.length } }
}

const FOLDER_BYTES = new UnixFS({ type: 'directory' }).marshal().length

/** Bytes of a flat folder's block without its links. */
export const metaBytes = (meta: Metadata): number => field(FOLDER_BYTES + encodeMetadata(meta).length)

/** Bytes of a node's block and of all blocks below it. */
export const tsizeOf = (blockBytes: number, links: readonly Link[]): number => links.reduce((total, link) => total + link.tsize, blockBytes)

function encode(message: Uint8Array, links: readonly Link[], { format, meta }: Style): Encoded {
  const block = nodeBlock(links, Buffer.concat([message, encodeMetadata(meta)]))
  return { cid: cidOfNode(format, block), block }
}

const notUnixfs = (cid: CID, cause?: unknown): VfsError => new VfsError('NOT_UNIXFS', `${cid.toString()} is neither a file nor a folder`, { cause })

import * as dagPb from '@ipld/dag-pb'
import { UnixFS } from 'ipfs-unixfs'
import { CID } from 'multiformats/cid'
import * as digest from 'multiformats/hashes/digest'
import { VfsError } from '../../core/error.ts'
import { sha256, sha256Multihash } from '../blocks/multihash.ts'

export const RAW = 0x55
const IDENTITY = 0x00

/** A child of a node: `tsize` is the size of all blocks below it, as the DAG says. */
export interface Link {
  readonly name: string
  readonly cid: CID
  readonly tsize: number
}

export interface FileNode {
  readonly kind: 'file'
  readonly size: number
  /** Content of the node itself, before that of its links. */
  readonly data: Uint8Array
  readonly links: readonly Link[]
  /** Content bytes below each link. */
  readonly sizes: readonly number[]
}

export interface FolderNode {
  readonly kind: 'directory'
  readonly links: readonly Link[]
  /** Of a HAMT shard: how many ways it branches. */
  readonly fanout?: number | undefined
}

export interface LinkNode {
  readonly kind: 'link'
  readonly target: Uint8Array
}

export type UnixfsNode = FileNode | FolderNode | LinkNode

export interface Encoded {
  readonly cid: CID
  readonly block: Uint8Array
  /** Of a folder: what decoding it would give. */
  readonly node?: FolderNode | undefined
}

const EMPTY = new Uint8Array(0)

/** Rejects INVALID_CID. */
export function parseCid(text: string): CID {
  try {
    return CID.parse(text)
  } catch (error) {
    throw new VfsError('INVALID_CID', `${JSON.stringify(text.slice(0, 100))} is not a CID`, { cause: error })
  }
}

/** The content that an identity CID carries in itself. */
export const inlined = (cid: CID): Uint8Array | undefined => (cid.multihash.code === IDENTITY ? cid.multihash.digest : undefined)

/** As what a block is named of which only the hash is known. */
export const rawCidOf = (multihash: Uint8Array): string => CID.createV1(RAW, digest.decode(multihash)).toString()

export const cidOf = (codec: number, block: Uint8Array): CID => cidOfDigest(codec, sha256(block))

export const cidOfDigest = (codec: number, hash: Uint8Array): CID => CID.createV1(codec, digest.decode(sha256Multihash(hash)))

/** Rejects NOT_UNIXFS. */
export function decode(cid: CID, block: Uint8Array): UnixfsNode {
  if (cid.code === RAW) return { kind: 'file', size: block.length, data: block, links: [], sizes: [] }
  if (cid.code !== dagPb.code) throw notUnixfs(cid)
  try {
    return decodeNode(block)
  } catch (error) {
    throw notUnixfs(cid, error)
  }
}

function decodeNode(block: Uint8Array): UnixfsNode {
  const { Data, Links } = dagPb.decode(block)
  const meta = UnixFS.unmarshal(Data ?? EMPTY)
  const links = Links.map(({ Name, Hash, Tsize }) => ({ name: Name ?? '', cid: Hash, tsize: Tsize ?? 0 }))
  if (meta.type === 'directory') return { kind: 'directory', links }
  if (meta.type === 'hamt-sharded-directory') return { kind: 'directory', links, fanout: Number(meta.fanout) }
  if (meta.type === 'symlink') return { kind: 'link', target: meta.data ?? EMPTY }
  if (meta.blockSizes.length !== links.length) throw new Error('sizes do not match the links')
  return { kind: 'file', size: Number(meta.fileSize()), data: meta.data ?? EMPTY, links, sizes: meta.blockSizes.map(Number) }
}

export function encodeFile(links: readonly Link[], sizes: readonly number[]): Encoded {
  return encode(new UnixFS({ type: 'file', blockSizes: sizes.map(BigInt) }), links)
}

export const encodeFolder = (links: readonly Link[]): Encoded => ({ ...encode(new UnixFS({ type: 'directory' }), links), node: { kind: 'directory', links } })

export function encodeShard(links: readonly Link[], bits: Uint8Array, fanout: number, hashType: number): Encoded {
  const meta = new UnixFS({ type: 'hamt-sharded-directory', data: bits, fanout: BigInt(fanout), hashType: BigInt(hashType) })
  return { ...encode(meta, links), node: { kind: 'directory', links, fanout } }
}

/** Bytes that a link adds to its node's block: a field of three fields. */
export const linkBytes = ({ cid, name, tsize }: Link): number => field(field(cid.byteLength) + field(Buffer.byteLength(name)) + 1 + varint(tsize))

const field = (bytes: number): number => 1 + varint(bytes) + bytes

const varint = (value: number): number => {
  let bytes = 1
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) bytes++
  return bytes
}

function encode(meta: UnixFS, links: readonly Link[]): Encoded {
  const block = dagPb.encode(dagPb.prepare({ Data: meta.marshal(), Links: links.map(pbLink) }))
  return { cid: cidOf(dagPb.code, block), block }
}

const pbLink = ({ name, cid, tsize }: Link): dagPb.PBLink => ({ Hash: cid, Name: name, Tsize: tsize })

const notUnixfs = (cid: CID, cause?: unknown): VfsError => new VfsError('NOT_UNIXFS', `${cid.toString()} is neither a file nor a folder`, { cause })

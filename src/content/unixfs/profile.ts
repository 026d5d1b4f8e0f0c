import type { CidFormat, Metadata, ProfileName } from '../types.ts'
import { type Link, metaBytes } from './codec.ts'
import { linkBytes } from './node-block.ts'

/** How content becomes a DAG (IPIP-499): whoever imports the same content by the same profile gets the same CIDs. */
export interface Profile {
  readonly leafBytes: number
  /** Of a file's inner nodes. */
  readonly linksPerNode: number
  /** Else a leaf is a UnixFS file of its own. */
  readonly rawLeaves: boolean
  readonly format: CidFormat
  /** A folder that counts more than MAX_FLAT_BYTES becomes a HAMT. */
  readonly folderBytes: (meta: Metadata) => number
  readonly linkBytes: (link: Link) => number
}

export const PROFILES: Readonly<Record<ProfileName, Profile>> = {
  'unixfs-v1-2025': {
    leafBytes: 1 << 20,
    linksPerNode: 1024,
    rawLeaves: true,
    format: { version: 1, hash: 'sha2-256' },
    folderBytes: metaBytes,
    linkBytes,
  },
  'unixfs-v0-2015': {
    leafBytes: 256 << 10,
    linksPerNode: 174,
    rawLeaves: false,
    format: { version: 0, hash: 'sha2-256' },
    folderBytes: () => 0,
    linkBytes: ({ name, cid }) => Buffer.byteLength(name) + cid.byteLength,
  },
}

export const V1 = PROFILES['unixfs-v1-2025']

import { encode } from '@ipld/dag-cbor'
import { varint } from 'multiformats'
import type { CID } from 'multiformats/cid'
import { inTurn, walk } from '../../content/dag/index.ts'
import { inlined } from '../../content/unixfs/codec.ts'
import type { Bytes, Call } from '../../core/backend.ts'
import type { DagNode } from './resolve.ts'

const AT_ONCE = 8 // blocks in memory

/** A CAR (version 1) of a root and all below it: each block once, depth first, byte for byte what Kubo's `dag export` gives. */
export async function* carOf({ blocks }: Pick<DagNode, 'blocks'>, root: CID, { signal }: Call = {}): Bytes {
  const get = (cid: CID): Promise<Uint8Array> => blocks.get(cid.toString(), { signal })
  yield carHeader(root)
  for await (const [cid, block] of inTurn(walk(get, root, { signal }), AT_ONCE, get)) yield* carBlock(cid, block)
}

export function carHeader(root: CID): Uint8Array {
  const header = encode({ roots: [root], version: 1 })
  return Buffer.concat([length(header.length), header])
}

export function* carBlock(cid: CID, block: Uint8Array): Generator<Uint8Array> {
  if (inlined(cid)) return // its CID is all of it
  yield Buffer.concat([length(cid.byteLength + block.length), cid.bytes])
  yield block
}

const length = (bytes: number): Uint8Array => varint.encodeTo(bytes, new Uint8Array(varint.encodingLength(bytes)))

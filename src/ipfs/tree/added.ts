import { encode } from '@ipld/dag-cbor'
import { varint } from 'multiformats'
import type { CID } from 'multiformats/cid'
import { canLink, walk } from '../../content/dag/index.ts'
import { linksOf } from '../../content/dag/codecs.ts'
import { inlined } from '../../content/unixfs/codec.ts'
import type { GetBlock } from '../../content/unixfs/index.ts'
import type { Bytes, Call } from '../../core/backend.ts'

interface Level {
  /** Of the new tree, none of which stands at this depth of the old one. */
  readonly added: readonly CID[]
  readonly gone: readonly CID[]
}

/**
 * What a tree has that an earlier one did not have at the same depth: both are gone down together, and where their nodes are
 * equal nothing below can differ. What only moved to another depth is told again. Memory grows with the changed width.
 */
export async function* added(get: GetBlock, root: CID, previous: CID | undefined, call: Call = {}): AsyncGenerator<CID> {
  let level = apart([root], previous ? [previous] : [])
  while (level.added.length > 0) {
    if (level.gone.length === 0) {
      for (const cid of level.added) yield* walk(get, cid, call)
      return
    }
    yield* level.added
    level = apart(await below(get, level.added, call), await below(get, level.gone, call))
  }
}

/** Blocks as a CAR (version 1) of this root. */
export async function* carWith(root: CID, cids: AsyncIterable<CID>, get: GetBlock, call: Call = {}): Bytes {
  const header = encode({ roots: [root], version: 1 })
  yield Buffer.concat([length(header.length), header])
  for await (const cid of cids) {
    if (inlined(cid)) continue // its CID is all of it
    const block = await get(cid, call)
    yield Buffer.concat([length(cid.byteLength + block.length), cid.bytes])
    yield block
  }
}

function apart(news: readonly CID[], olds: readonly CID[]): Level {
  const [fresh, old] = [byName(news), byName(olds)]
  return { added: without(fresh, old), gone: without(old, fresh) }
}

const without = (some: ReadonlyMap<string, CID>, others: ReadonlyMap<string, CID>): CID[] => [...some].flatMap(([name, cid]) => (others.has(name) ? [] : [cid]))

async function below(get: GetBlock, cids: readonly CID[], call: Call): Promise<CID[]> {
  const found: CID[] = []
  for (const cid of cids) if (canLink(cid)) found.push(...(await linksOf(cid, inlined(cid) ?? (await get(cid, call)))))
  return found
}

const byName = (cids: readonly CID[]): Map<string, CID> => new Map(cids.map((cid) => [cid.toString(), cid]))
const length = (bytes: number): Uint8Array => varint.encodeTo(bytes, new Uint8Array(varint.encodingLength(bytes)))

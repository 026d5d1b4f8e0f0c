import type { Bytes } from '../../core/backend.ts'
import { rawDigest } from '../../core/cid.ts'
import type { VfsPath } from '../../core/path.ts'
import { cidOfContent } from '../../content/hashing.ts'
import type { MirrorMemory } from '../types.ts'
import type { Found } from '../beside.ts'
import type { Pair } from './pairs.ts'

/** Reads a file as it stood when it was listed, or rejects CONFLICT. */
export type Read = (path: VfsPath, found: Found) => Promise<Bytes>

export interface Both extends Pair {
  readonly source: Found
  readonly standing: Found
}

/** True if two files hold the same bytes: by their CIDs, for which they are hashed where none is known. Sizes only tell them apart. */
export async function sameContent({ from, to, source, standing }: Both, read: Read, memory: MirrorMemory): Promise<boolean> {
  if (source.size !== standing.size) return false
  const known = standing.cid ?? (await memory.recall(to, standing.etag))
  if (known !== undefined && known === source.cid) return true
  const cid = await cidOfContent(await read(to, standing))
  const same = await holds(cid, source, async () => cidOfContent(await read(from, source)))
  if (same) await memory.learn(to, standing.etag, source.cid ?? cid)
  return same
}

/** One content has many CIDs, by how it was cut. Two that are one raw leaf each tell by themselves; else the source is cut our way too. */
async function holds(cid: string, source: Found, hashedSource: () => Promise<string>): Promise<boolean> {
  if (source.cid === cid) return true
  if (source.cid !== undefined && rawDigest(source.cid) && rawDigest(cid)) return false
  return (await hashedSource()) === cid
}

import { encodeFolder, type Link, linkBytes } from './codec.ts'
import type { Save } from './file-builder.ts'
import { buildShard, nameHash, shard, tsizeOf } from './hamt.ts'

/** A folder becomes a HAMT when its one block would be larger (profile unixfs-v1-2025). */
export const MAX_FLAT_BYTES = 256 << 10

/** Of the UnixFS part of a flat folder. */
export const META_BYTES = 4

/** Saves a folder of these children, whose names are unique; the result's name is empty. */
export async function buildFolder(links: readonly Link[], save: Save): Promise<Link> {
  const small = flatBytes(links) <= MAX_FLAT_BYTES
  const top = small ? links : await buildShard(await hashed(links), 0, save)
  const encoded = small ? encodeFolder(links) : shard(top)
  await save(encoded)
  return { name: '', cid: encoded.cid, tsize: tsizeOf(encoded, top) }
}

const hashed = (links: readonly Link[]) => Promise.all(links.map(async (link) => ({ link, hash: await nameHash(link.name) })))

function flatBytes(links: readonly Link[]): number {
  let bytes = META_BYTES
  for (const link of links) {
    bytes += linkBytes(link)
    if (bytes > MAX_FLAT_BYTES) break
  }
  return bytes
}

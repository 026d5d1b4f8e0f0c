import { encodeFolder, type Link, type Style, tsizeOf } from './codec.ts'
import type { Save } from './file-builder.ts'
import { buildShard, nameHash, shard } from './hamt.ts'
import type { Profile } from './profile.ts'

/** A folder that would be larger becomes a HAMT. What counts as its size is the profile's to say. */
export const MAX_FLAT_BYTES = 256 << 10

export interface FolderStyle extends Style {
  readonly profile: Profile
}

export interface BuiltFolder {
  readonly link: Link
  /** What its own block links to: the children, or shards. */
  readonly top: readonly Link[]
}

/** Saves a folder of these children, whose names are unique; the result's name is empty. */
export async function buildFolder(links: readonly Link[], save: Save, style: FolderStyle): Promise<Link> {
  return (await builtFolder(links, save, style)).link
}

/** The same, with what the folder says of itself. */
export async function builtFolder(links: readonly Link[], save: Save, style: FolderStyle): Promise<BuiltFolder> {
  const small = isFlat(links, style)
  const top = small ? links : await buildShard(await hashed(links), 0, { save, format: style.format })
  const encoded = small ? encodeFolder(links, style) : shard(top, style)
  await save(encoded)
  return { link: { name: '', cid: encoded.cid, tsize: tsizeOf(encoded.block.length, top) }, top }
}

const hashed = (links: readonly Link[]) => Promise.all(links.map(async (link) => ({ link, hash: await nameHash(link.name) })))

function isFlat(links: readonly Link[], { profile, meta }: FolderStyle): boolean {
  let bytes = profile.folderBytes(meta)
  for (const link of links) if ((bytes += profile.linkBytes(link)) > MAX_FLAT_BYTES) return false
  return true
}

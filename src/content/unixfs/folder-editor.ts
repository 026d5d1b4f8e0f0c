import type { CID } from 'multiformats/cid'
import { VfsError } from '../../core/error.ts'
import type { CidFormat } from '../types.ts'
import { type Encoded, type FolderNode, formatOf, type Link, parseCid, tsizeOf } from './codec.ts'
import type { Save } from './file-builder.ts'
import { buildFolder, MAX_FLAT_BYTES } from './folder-builder.ts'
import { child, children } from './folder-reader.ts'
import { buildShard, FANOUT, type Hashed, nameHash, prefix, saveShard, shard, type Shards, slot } from './hamt.ts'
import type { Sink } from './import.ts'
import type { LoadNode } from './loader.ts'
import { V1 } from './profile.ts'

/** Where an edit reads nodes and leaves its blocks. */
export interface Blockspace {
  readonly load: LoadNode
  readonly save: Save
}

interface Editing extends Blockspace, Shards {}

interface Change {
  readonly name: string
  readonly hash: Uint8Array
  /** null: the child goes. */
  readonly child: Link | null
}

/**
 * Puts, replaces or (null) takes out one child. The result is what adding the changed folder anew would give; the format of
 * its CID, its mode and its time stay.
 */
export async function changeFolder(space: Blockspace, folder: CID, name: string, replacement: Link | null): Promise<Link> {
  const node = await loadFolder(space.load, folder)
  const style = { format: formatOf(folder), meta: node.meta, profile: V1 }
  const named = replacement && { ...replacement, name }
  if (node.fanout !== FANOUT) {
    const links = (await Array.fromAsync(children(space.load, node))).flat().filter((link) => link.name !== name)
    return buildFolder(named ? [...links, named] : links, space.save, style)
  }
  const small = await flattened(space, node, name, named)
  if (small) return buildFolder(small, space.save, style)
  const change = { name, hash: await nameHash(name), child: named }
  const links = await changeShard({ ...space, format: style.format }, node.links, change, 0)
  return saved(space, links, shard(links, style))
}

/** The same folder under a CID of another format; only its own block is written anew. */
export async function reformatFolder({ load, sink }: { readonly load: LoadNode; readonly sink: Sink }, cid: string, format: CidFormat): Promise<string> {
  const { links, meta, fanout } = await loadFolder(load, parseCid(cid))
  const style = { format, meta, profile: V1 }
  const { cid: reformatted } = fanout === FANOUT ? await saved(sink, links, shard(links, style)) : await buildFolder(links, sink.save, style)
  await sink.commit()
  return reformatted.toString()
}

async function saved({ save }: Pick<Blockspace, 'save'>, links: readonly Link[], root: Encoded): Promise<Link> {
  await save(root)
  return { name: '', cid: root.cid, tsize: tsizeOf(root.block.length, links) }
}

export async function loadFolder(load: LoadNode, cid: CID): Promise<FolderNode> {
  const node = await load(cid)
  if (node.kind !== 'directory') throw new VfsError('NOT_DIRECTORY', `${cid.toString()} is a file`)
  return node
}

/** All children after the change, if they fit into a flat folder again; a folder that only grew is not looked through. */
async function flattened({ load }: Blockspace, node: FolderNode, name: string, replacement: Link | null): Promise<Link[] | undefined> {
  const before = await child(load, node, name)
  if (replacement && V1.linkBytes(replacement) >= (before ? V1.linkBytes(before) : 0)) return undefined
  const links = replacement ? [replacement] : []
  let bytes = V1.folderBytes(node.meta) + (replacement ? V1.linkBytes(replacement) : 0)
  for await (const some of children(load, node)) {
    const others = some.filter((link) => link.name !== name)
    bytes += others.reduce((sum, link) => sum + V1.linkBytes(link), 0)
    if (bytes > MAX_FLAT_BYTES) return undefined
    links.push(...others)
  }
  return links
}

/** The links of a shard after the change, its changed sub-shards saved. */
async function changeShard(space: Editing, links: readonly Link[], change: Change, level: number): Promise<Link[]> {
  const start = prefix(slot(change.hash, level, 8))
  const here = links.find((link) => link.name.startsWith(start))
  const others = links.filter((link) => link !== here)
  const changed = await changeSlot(space, start, here, change, level)
  return changed ? [...others, changed] : others
}

async function changeSlot(space: Editing, start: string, here: Link | undefined, change: Change, level: number): Promise<Link | null> {
  const leaf = change.child && { ...change.child, name: start + change.name }
  if (!here || here.name === start + change.name) return leaf
  if (here.name.length > start.length) return change.child ? splitSlot(space, start, here, { link: change.child, hash: change.hash }, level) : here
  const inner = await changeShard(space, (await loadFolder(space.load, here.cid)).links, change, level + 1)
  const [only, second] = inner
  const collapses = only !== undefined && !second && only.name.length > start.length
  return collapses ? { ...only, name: start + only.name.slice(start.length) } : saveShard(start, inner, space)
}

/** Two names that share a slot move into a sub-shard. */
async function splitSlot(space: Editing, start: string, here: Link, added: Hashed, level: number): Promise<Link> {
  const name = here.name.slice(start.length)
  const both = [{ link: { ...here, name }, hash: await nameHash(name) }, added]
  return saveShard(start, await buildShard(both, level + 1, space), space)
}

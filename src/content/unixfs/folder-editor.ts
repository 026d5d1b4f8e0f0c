import type { CID } from 'multiformats/cid'
import { VfsError } from '../../core/error.ts'
import { type FolderNode, type Link, linkBytes } from './codec.ts'
import type { Save } from './file-builder.ts'
import { buildFolder, MAX_FLAT_BYTES, META_BYTES } from './folder-builder.ts'
import { child, children } from './folder-reader.ts'
import { buildShard, FANOUT, type Hashed, nameHash, prefix, saveShard, slot } from './hamt.ts'
import type { LoadNode } from './loader.ts'

/** Where an edit reads nodes and leaves its blocks. */
export interface Blockspace {
  readonly load: LoadNode
  readonly save: Save
}

interface Change {
  readonly name: string
  readonly hash: Uint8Array
  /** null: the child goes. */
  readonly child: Link | null
}

/** Puts, replaces or (null) takes out one child. The result is what adding the changed folder anew would give. */
export async function changeFolder(space: Blockspace, folder: CID, name: string, replacement: Link | null): Promise<Link> {
  const node = await loadFolder(space.load, folder)
  const named = replacement && { ...replacement, name }
  if (node.fanout !== FANOUT) {
    const links = (await Array.fromAsync(children(space.load, node))).filter((link) => link.name !== name)
    return buildFolder(named ? [...links, named] : links, space.save)
  }
  const small = await flattened(space, node, name, named)
  if (small) return buildFolder(small, space.save)
  const change = { name, hash: await nameHash(name), child: named }
  return saveShard('', await changeShard(space, node.links, change, 0), space.save)
}

export async function loadFolder(load: LoadNode, cid: CID): Promise<FolderNode> {
  const node = await load(cid)
  if (node.kind !== 'directory') throw new VfsError('NOT_DIRECTORY', `${cid.toString()} is a file`)
  return node
}

/** All children after the change, if they fit into a flat folder again; a folder that only grew is not looked through. */
async function flattened({ load }: Blockspace, node: FolderNode, name: string, replacement: Link | null): Promise<Link[] | undefined> {
  const before = await child(load, node, name)
  if (replacement && linkBytes(replacement) >= (before ? linkBytes(before) : 0)) return undefined
  const links = replacement ? [replacement] : []
  let bytes = META_BYTES + (replacement ? linkBytes(replacement) : 0)
  for await (const link of children(load, node)) {
    if (link.name === name) continue
    bytes += linkBytes(link)
    if (bytes > MAX_FLAT_BYTES) return undefined
    links.push(link)
  }
  return links
}

/** The links of a shard after the change, its changed sub-shards saved. */
async function changeShard(space: Blockspace, links: readonly Link[], change: Change, level: number): Promise<Link[]> {
  const start = prefix(slot(change.hash, level, 8))
  const here = links.find((link) => link.name.startsWith(start))
  const others = links.filter((link) => link !== here)
  const changed = await changeSlot(space, start, here, change, level)
  return changed ? [...others, changed] : others
}

async function changeSlot(space: Blockspace, start: string, here: Link | undefined, change: Change, level: number): Promise<Link | null> {
  const leaf = change.child && { ...change.child, name: start + change.name }
  if (!here || here.name === start + change.name) return leaf
  if (here.name.length > start.length) return change.child ? splitSlot(space, start, here, { link: change.child, hash: change.hash }, level) : here
  const inner = await changeShard(space, (await loadFolder(space.load, here.cid)).links, change, level + 1)
  const [only, second] = inner
  const collapses = only !== undefined && !second && only.name.length > start.length
  return collapses ? { ...only, name: start + only.name.slice(start.length) } : saveShard(start, inner, space.save)
}

/** Two names that share a slot move into a sub-shard. */
async function splitSlot(space: Blockspace, start: string, here: Link, added: Hashed, level: number): Promise<Link> {
  const name = here.name.slice(start.length)
  const both = [{ link: { ...here, name }, hash: await nameHash(name) }, added]
  return saveShard(start, await buildShard(both, level + 1, space.save), space.save)
}

import { CID } from 'multiformats/cid'
import { CODECS, decodeBlock } from '../../content/dag/index.ts'
import { type LoadNode, loader, parseCid } from '../../content/unixfs/index.ts'
import { child } from '../../content/unixfs/folder-reader.ts'
import type { Call } from '../../core/backend.ts'
import { isCode, VfsError } from '../../core/error.ts'
import { located } from '../path.ts'
import type { IpfsNode } from '../types.ts'

/** What these operations need of a node: with equal blocks both engines give equal results. */
export type DagNode = Pick<IpfsNode, 'blocks' | 'names'>

export interface Resolved {
  /** The block in which the path ends. */
  readonly cid: CID
  /** What of the path lies inside this block. */
  readonly remainder: readonly string[]
  /** What stands there: of the block, or the part of it that the remainder names. Absent if the block was not needed. */
  readonly value?: unknown
}

/**
 * Follows a path through blocks of any codec: names of folders and files, names of links, keys and indexes. A link is followed
 * also where the path ends on it. Rejects INVALID_CID, NOT_FOUND, NOT_DIRECTORY.
 */
async function resolveDag(node: DagNode, path: string, call: Call = {}): Promise<Resolved> {
  const { cid: root, names } = await located(path, node.names, call)
  const get = (block: CID): Promise<Uint8Array> => node.blocks.get(block.toString(), call)
  const load = loader(get)
  let at: Resolved = { cid: parseCid(root), remainder: [] }
  for (let rest = names; rest.length > 0;) {
    const step = (await byName(load, at.cid, rest)) ?? inside(at.cid, await decodeBlock(at.cid, await get(at.cid)), rest)
    at = step.at
    rest = step.rest
  }
  return at
}

/** The value at the end of a path. Rejects UNSUPPORTED for a block of a codec that we do not have. */
export async function valueAt(node: DagNode, path: string, call: Call = {}): Promise<Required<Resolved>> {
  const { cid, remainder, value } = await resolveDag(node, path, call)
  if (remainder.length > 0) return { cid, remainder, value }
  return { cid, remainder, value: await decodeBlock(cid, await node.blocks.get(cid.toString(), call)) }
}

/** The block that a path names as a whole. Rejects INVALID_ARGUMENT for a part of one. */
export async function blockAt(node: DagNode, path: string, call: Call = {}): Promise<CID> {
  return wholeBlock(await resolveDag(node, path, call))
}

/** Rejects INVALID_ARGUMENT for a part of a block. */
export function wholeBlock({ cid, remainder }: Resolved): CID {
  if (remainder.length === 0) return cid
  throw new VfsError('INVALID_ARGUMENT', `/${remainder.join('/').slice(0, 200)} is a part of block ${cid.toString()}, and no block`, {
    hint: 'Read the part with ipfs_dag_get, or send the path of the block.',
  })
}

export interface Step {
  readonly at: Resolved
  readonly rest: readonly string[]
}

/** A name in a UnixFS folder, sharded or not, or of a link of any other dag-pb node. */
async function byName(load: LoadNode, cid: CID, [name = '', ...rest]: readonly string[]): Promise<Step | undefined> {
  if (cid.code === CODECS.raw) throw new VfsError('NOT_DIRECTORY', `${cid.toString()} is bytes; there is no ${JSON.stringify(name)} in it`)
  if (cid.code !== CODECS['dag-pb']) return undefined
  const folder = await load(cid).catch((error: unknown) => {
    if (isCode(error, 'NOT_UNIXFS')) return undefined
    throw error
  })
  const link = folder?.kind === 'directory' ? await child(load, folder, name) : undefined
  return link && { at: { cid: link.cid, remainder: [] }, rest }
}

/** As far as the path goes inside one block. Rejects NOT_FOUND. */
export function inside(cid: CID, block: unknown, names: readonly string[]): Step {
  let value = block
  for (const [index, name] of names.entries()) {
    value = partOf(value, name)
    if (value === undefined) throw new VfsError('NOT_FOUND', `there is no ${JSON.stringify(name.slice(0, 200))} in ${cid.toString()}`)
    const link = CID.asCID(value)
    if (link) return { at: { cid: link, remainder: [] }, rest: names.slice(index + 1) }
  }
  return { at: { cid, remainder: names, value }, rest: [] }
}

function partOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return undefined
  if (Array.isArray(value)) return /^(0|[1-9]\d*)$/.test(name) ? value[Number(name)] : undefined
  return Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined
}

import type { Call } from '../../core/backend.ts'
import { compareNames } from '../../core/path.ts'
import type { NodeBlocks } from '../types.ts'

/** CIDs by the names of a folder, in their order; what they name is not looked at, and may be lost. undefined for what is no folder. */
export async function childrenOf(blocks: Pick<NodeBlocks, 'get'>, folder: string, call: Call): Promise<ReadonlyMap<string, string> | undefined> {
  const { children, loader, parseCid } = await import('../../content/unixfs/index.ts')
  const load = loader((cid, more) => blocks.get(cid.toString(), more))
  const node = await load(parseCid(folder), call)
  if (node.kind !== 'directory') return undefined
  const links = (await Array.fromAsync(children(load, node, call))).flat()
  return new Map(links.toSorted((a, b) => compareNames(a.name, b.name)).map(({ name, cid }) => [name, cid.toString()]))
}

import type { CID } from 'multiformats/cid'
import { keyOf, type Verdict, type Visits, walk } from '../../content/dag/index.ts'
import type { Call } from '../../core/backend.ts'
import { blockAt, type DagNode } from './resolve.ts'

export interface RefsOptions extends Call {
  /** Each once. */
  readonly unique: boolean
  /** Links that may lie between the root and what is told. */
  readonly maxDepth: number
}

/** What blocks link to below a root, in the order of the links, as Kubo's `refs` does. */
export async function* refs(node: DagNode, path: string, { unique, maxDepth, signal }: RefsOptions): AsyncGenerator<string> {
  const root = await blockAt(node, path, { signal })
  const get = (cid: CID): Promise<Uint8Array> => node.blocks.get(cid.toString(), { signal })
  for await (const cid of walk(get, root, { signal, visits: unique ? upToOnce(maxDepth) : upTo(maxDepth) })) yield cid.toString()
}

/** Every meeting down to a depth: the same block again and again. */
const upTo = (maxDepth: number): Visits => ({
  visit: (_, depth) => ({ emit: depth > 0, enter: depth < maxDepth }),
  known: () => false,
})

/** Told once, and entered once more where it is met at a smaller depth than before: more of it counts then. */
function upToOnce(maxDepth: number): Visits {
  const depths = new Map<string, number>()
  const visit = (cid: CID, depth: number): Verdict => {
    const before = depths.get(keyOf(cid))
    if (before !== undefined && (maxDepth === Infinity || before <= depth)) return { emit: false, enter: false }
    depths.set(keyOf(cid), depth)
    return { emit: depth > 0 && before === undefined, enter: depth < maxDepth }
  }
  return { visit, known: (cid) => depths.has(keyOf(cid)) }
}

import { setImmediate as turn } from 'node:timers/promises'
import type { CID } from 'multiformats/cid'
import type { Call } from '../../core/backend.ts'
import { isCode, throwIfAborted } from '../../core/error.ts'
import { inlined } from '../unixfs/codec.ts'
import { canLink, linksOf } from './codecs.ts'
import { once, type Visits } from './visits.ts'
import { type Met, Way } from './way.ts'

const AHEAD = 16
const TURN_MS = 20 // what is read at once keeps nobody else waiting for longer, the caller's own abort included

interface At extends Met<Uint8Array | undefined> {
  readonly cid: CID
  readonly depth: number
}

/** A block's verified bytes; undefined: it counts as a leaf. */
export type FindBlock = (cid: CID, call?: Call) => Promise<Uint8Array | undefined>

export interface WalkOptions extends Call {
  /** Each block once if absent. */
  readonly visits?: Visits | undefined
  /** A block that is not of its codec counts as a leaf. Absent: the walk rejects INVALID_BLOCK. */
  readonly lenient?: boolean | undefined
}

/**
 * The blocks below a root and the root itself, depth first in the order of the links, which is that of Kubo. Leaves are
 * named, not loaded. The way is a list and no recursion: a chain of any length takes no stack.
 */
export async function* walk(get: FindBlock, root: CID, { signal, visits = once(), lenient }: WalkOptions = {}): AsyncGenerator<CID> {
  const load = async ({ cid }: At): Promise<Uint8Array | undefined> => inlined(cid) ?? get(cid, { signal })
  const way = new Way<At, Uint8Array | undefined>({ load, worth: ({ cid }) => canLink(cid) && !visits.known(cid), ahead: AHEAD })
  way.push([{ cid: root, depth: 0 }])
  let since = performance.now()
  for (let met = way.pop(); met; met = way.pop()) {
    if (performance.now() - since > TURN_MS) since = await turned()
    throwIfAborted(signal)
    const { cid, depth } = met
    const { emit, enter } = visits.visit(cid, depth)
    if (emit) yield cid
    if (!enter || !canLink(cid)) continue
    const block = await way.load(met)
    if (block) way.push((await linksIn(cid, block, lenient)).map((link) => ({ cid: link, depth: depth + 1 })))
  }
}

async function turned(): Promise<number> {
  await turn()
  return performance.now()
}

async function linksIn(cid: CID, block: Uint8Array, lenient = false): Promise<CID[]> {
  try {
    return await linksOf(cid, block)
  } catch (error) {
    if (lenient && isCode(error, 'INVALID_BLOCK')) return []
    throw error
  }
}

import { setImmediate as turn } from 'node:timers/promises'
import type { CID } from 'multiformats/cid'
import type { Call } from '../../core/backend.ts'
import { isCode, throwIfAborted } from '../../core/error.ts'
import { inlined } from '../unixfs/codec.ts'
import { canLink, linksOf } from './codecs.ts'
import { once, type Visits } from './visits.ts'

const AHEAD = 16
const TURN_MS = 20 // what is read at once keeps nobody else waiting for longer, the caller's own abort included
const KEPT = 32 // blocks that were loaded ahead and whose turn has not come

/** A block on the way, and its bytes once they are being loaded. */
interface Met {
  readonly cid: CID
  readonly depth: number
  loading?: Promise<Uint8Array | undefined> | undefined
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
  const way = new Way((cid) => get(cid, { signal }), visits)
  way.push([root], 0)
  let since = performance.now()
  for (let met = way.pop(); met; met = way.pop()) {
    if (performance.now() - since > TURN_MS) since = await turned()
    throwIfAborted(signal)
    const { cid, depth } = met
    const { emit, enter } = visits.visit(cid, depth)
    if (emit) yield cid
    if (!enter || !canLink(cid)) continue
    const block = await way.load(met)
    if (block) way.push(await linksIn(cid, block, lenient), depth + 1)
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

/** What is still to be visited, the next one last. */
class Way {
  readonly #get: (cid: CID) => Promise<Uint8Array | undefined>
  readonly #visits: Visits
  readonly #open: Met[] = []
  /** Loaded ahead, the oldest first. */
  #kept: Met[] = []

  constructor(get: (cid: CID) => Promise<Uint8Array | undefined>, visits: Visits) {
    this.#get = get
    this.#visits = visits
  }

  push(links: readonly CID[], depth: number): void {
    for (let index = links.length - 1; index >= 0; index--) {
      const cid = links[index]
      if (cid) this.#open.push({ cid, depth })
    }
  }

  pop(): Met | undefined {
    return this.#open.pop()
  }

  async load(met: Met): Promise<Uint8Array | undefined> {
    const block = this.#begin(met)
    for (const next of this.#open.slice(-AHEAD).toReversed()) {
      if (next.loading || !canLink(next.cid) || this.#visits.known(next.cid)) continue
      this.#begin(next).catch(() => {}) // it is told when its turn comes, which may be never
      this.#keep(next)
    }
    met.loading = undefined
    return block
  }

  #begin(met: Met): Promise<Uint8Array | undefined> {
    const content = inlined(met.cid)
    return (met.loading ??= content ? Promise.resolve(content) : this.#get(met.cid))
  }

  /** What has been overtaken by too many others is loaded once more in its turn. */
  #keep(met: Met): void {
    this.#kept = this.#kept.filter((one) => one.loading !== undefined)
    if (this.#kept.length >= KEPT) {
      const oldest = this.#kept.shift()
      if (oldest) oldest.loading = undefined
    }
    this.#kept.push(met)
  }
}

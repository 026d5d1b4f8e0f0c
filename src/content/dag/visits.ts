import type { CID } from 'multiformats/cid'
import { canLink } from './codecs.ts'

export interface Verdict {
  /** The walk tells it. */
  readonly emit: boolean
  /** The walk goes on below it. */
  readonly enter: boolean
}

/** Decides about blocks as a walk meets them. Several walks may share one. */
export interface Visits {
  visit(cid: CID, depth: number): Verdict
  /** True if a visit would not enter: it is not worth loading ahead. */
  known(cid: CID): boolean
}

const FIRST: Verdict = { emit: true, enter: true }
const AGAIN: Verdict = { emit: false, enter: false }
const LEAF: Verdict = { emit: true, enter: false }

/** Each block once, whatever version its CID has; some 100 bytes of memory for each. */
export function once(): Visits {
  const seen = new Set<string>()
  return {
    known: (cid) => seen.has(keyOf(cid)),
    visit: (cid) => {
      const { size } = seen
      return seen.add(keyOf(cid)).size > size ? FIRST : AGAIN
    },
  }
}

/** Each node once, and leaves as often as they are met: memory for nodes only, of which there are few. */
export function nodesOnce(): Visits {
  const nodes = once()
  return { known: (cid) => nodes.known(cid), visit: (cid, depth) => (canLink(cid) ? nodes.visit(cid, depth) : LEAF) }
}

/** Of the codec too: the same bytes have other links in another. */
export const keyOf = ({ code, multihash }: CID): string => `${code}${Buffer.from(multihash.bytes).toString('latin1')}`

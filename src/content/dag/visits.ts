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

/** Each node once. Leaves go to `met` as often as they are met, and the walk does not tell them: so no memory grows with their number. */
export function nodesOnce(met: (leaf: CID) => void): Visits {
  const nodes = once()
  const leaf = (cid: CID): Verdict => {
    met(cid)
    return AGAIN
  }
  return { known: (cid) => nodes.known(cid), visit: (cid, depth) => (canLink(cid) ? nodes.visit(cid, depth) : leaf(cid)) }
}

/** Of the codec too: the same bytes have other links in another. */
export const keyOf = ({ code, multihash }: CID): string => `${code}${Buffer.from(multihash.bytes).toString('latin1')}`

import type { Stats } from './types.ts'

/** Counters of a node that does not count them. */
export const UNCOUNTED: Pick<Stats, 'bitswap' | 'bandwidth'> = {
  bitswap: {
    blocksReceived: null,
    blocksSent: null,
    dataReceived: null,
    dataSent: null,
    duplicateBlocksReceived: null,
    wantlist: null,
    peers: null,
  },
  bandwidth: { totalIn: null, totalOut: null, rateIn: null, rateOut: null },
}

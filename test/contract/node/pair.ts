import type { IpfsNode } from '../../../src/ipfs/types.ts'

/** Two nodes that are on one network and know each other; `here` is the one under test. Cases share them. */
export interface Pair extends AsyncDisposable {
  readonly here: IpfsNode
  readonly there: IpfsNode
}

export type PairOf = () => Pair

export const WITHIN = { timeout: 20_000 }

import { z } from 'zod'
import type { Call } from '../../core/backend.ts'
import { isCode } from '../../core/error.ts'
import type { Stats } from '../types.ts'
import { UNCOUNTED } from '../uncounted.ts'
import type { Rpc } from './rpc.ts'

const Repo = z.object({ NumObjects: z.number(), RepoSize: z.number(), StorageMax: z.number() })
const Bitswap = z.object({
  BlocksReceived: z.number(),
  BlocksSent: z.number(),
  DataReceived: z.number(),
  DataSent: z.number(),
  DupBlksReceived: z.number(),
  Wantlist: z.array(z.object({ '/': z.string() })).nullable(),
  Peers: z.array(z.string()).nullable(),
})
const Bandwidth = z.object({ TotalIn: z.number(), TotalOut: z.number(), RateIn: z.number(), RateOut: z.number() })

export const repositoryOf = (rpc: Rpc, call: Call = {}): Promise<z.output<typeof Repo>> => rpc.value('repo/stat', {}, Repo, call)

/** Counters of the daemon; it has none of the network while it is off it. */
export async function statsOf(rpc: Rpc, call: Call = {}): Promise<Stats> {
  const [repo, bitswap, bandwidth] = await Promise.all([
    repositoryOf(rpc, call),
    rpc.value('bitswap/stat', {}, Bitswap, call).then(bitswapOf, unlessOffline(UNCOUNTED.bitswap)),
    rpc.value('stats/bw', {}, Bandwidth, call).then(bandwidthOf, unlessOffline(UNCOUNTED.bandwidth)),
  ])
  return { repo: { objects: repo.NumObjects, bytes: repo.RepoSize, maxBytes: repo.StorageMax }, bitswap, bandwidth }
}

const bitswapOf = (told: z.output<typeof Bitswap>): Stats['bitswap'] => ({
  blocksReceived: told.BlocksReceived,
  blocksSent: told.BlocksSent,
  dataReceived: told.DataReceived,
  dataSent: told.DataSent,
  duplicateBlocksReceived: told.DupBlksReceived,
  wantlist: (told.Wantlist ?? []).map((wanted) => wanted['/']),
  peers: told.Peers ?? [],
})

const bandwidthOf = ({ TotalIn, TotalOut, RateIn, RateOut }: z.output<typeof Bandwidth>): Stats['bandwidth'] => ({
  totalIn: TotalIn,
  totalOut: TotalOut,
  rateIn: RateIn,
  rateOut: RateOut,
})

const unlessOffline =
  <T>(none: T) =>
  (error: unknown): T => {
    if (isCode(error, 'OFFLINE')) return none
    throw error
  }

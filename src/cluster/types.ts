import { z } from 'zod'

/** What the REST API of IPFS Cluster 1.1 answers, as far as it is used here. */
export const Pinned = z.looseObject({
  cid: z.string(),
  name: z.string().default(''),
  replication_factor_min: z.int().default(0),
  replication_factor_max: z.int().default(0),
  metadata: z
    .record(z.string(), z.string())
    .nullish()
    .transform((value) => value ?? {}),
  expire_at: z.string().nullish(),
  allocations: z
    .array(z.string())
    .nullish()
    .transform((value) => value ?? []),
})
export type Pinned = z.output<typeof Pinned>

const PeerStatus = z.looseObject({
  peername: z.string().default(''),
  status: z.string(),
  timestamp: z.string().optional(),
  error: z.string().default(''),
  attempt_count: z.int().default(0),
})

export const Status = z.looseObject({
  cid: z.string(),
  name: z.string().default(''),
  allocations: z
    .array(z.string())
    .nullish()
    .transform((value) => value ?? []),
  /** By the id of the peer. */
  peer_map: z
    .record(z.string(), PeerStatus)
    .nullish()
    .transform((value) => value ?? {}),
})
export type Status = z.output<typeof Status>

export const Peer = z.looseObject({
  id: z.string(),
  peername: z.string().default(''),
  version: z.string().default(''),
  addresses: z
    .array(z.string())
    .nullish()
    .transform((value) => value ?? []),
  error: z.string().default(''),
  ipfs: z.looseObject({ id: z.string().default(''), error: z.string().default('') }).optional(),
})
export type Peer = z.output<typeof Peer>

export const Alert = z.looseObject({ peer: z.string().default(''), name: z.string().default(''), triggered_at: z.string().default('') })
export type Alert = z.output<typeof Alert>

/** Of the options of a backend. */
export const ClusterApi = z.object({ api: z.string(), authorization: z.string().optional() })

export const Added = z.looseObject({ cid: z.string() })

export interface PinOptions {
  readonly name?: string | undefined
  readonly replication_min?: number | undefined
  readonly replication_max?: number | undefined
  readonly expire_at?: Date | undefined
  readonly metadata?: Readonly<Record<string, string>> | undefined
  /** Peers that should have it, if they can. */
  readonly allocations?: readonly string[] | undefined
}

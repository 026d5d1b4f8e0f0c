import { z } from 'zod'
import type { Call } from '../../src/core/backend.ts'
import { VfsError } from '../../src/core/error.ts'
import type { Cluster } from '../../src/cluster/client.ts'
import type { Pinned, Status } from '../../src/cluster/types.ts'
import type { Services } from '../../src/registry/services.ts'
import { tool, type ToolContext } from '../../src/registry/tool.ts'
import { cursorOf, placeOf } from '../cursor.ts'
import { cursor } from '../vfs/schemas.ts'
import { firstOf } from './first.ts'

const cidInput = z.string().min(1).max(200)
const backend = z.string().optional().describe('Which cluster, if there are several')
const factor = z.int().min(-1).optional()

const PinInput = z.strictObject({
  cid: cidInput,
  name: z.string().max(255).optional(),
  replication_min: factor.describe('Peers; -1: all'),
  replication_max: factor,
  expire_at: z.iso.datetime().optional(),
  metadata: z.record(z.string().max(100), z.string().max(1000)).optional(),
  remove: z.boolean().default(false).describe('Unpin it'),
  backend,
})
const PinOutput = z.strictObject({
  cid: z.string(),
  name: z.string(),
  removed: z.boolean(),
  replication_min: z.int(),
  replication_max: z.int(),
  expire_at: z.iso.datetime().nullable(),
  allocations: z.array(z.string()).describe('Peers that have it, or get it'),
})

const STATES = ['pinned', 'pinning', 'pin_queued', 'pin_error', 'unpinning', 'unpin_queued', 'unpin_error', 'error', 'cluster_error', 'remote'] as const
const StatusInput = z.strictObject({
  cid: cidInput.optional(),
  filter: z.enum(STATES).optional(),
  cursor,
  limit: z.int().min(1).max(1000).default(50),
  backend,
})
const holder = z.strictObject({ peer: z.string(), name: z.string(), status: z.string(), error: z.string().nullable() })
const StatusOutput = z.strictObject({
  pins: z.array(z.strictObject({ cid: z.string(), name: z.string(), peers: z.array(holder) })),
  next_cursor: z.string().nullable(),
})

const PeersInput = z.strictObject({ backend })
const PeersOutput = z.strictObject({
  peers: z.array(
    z.strictObject({
      peer: z.string(),
      name: z.string(),
      version: z.string(),
      ipfs: z.string().nullable(),
      addresses: z.array(z.string()),
      error: z.string().nullable(),
    }),
  ),
  alerts: z.array(z.strictObject({ peer: z.string(), metric: z.string(), at: z.string() })),
})

const MOST_PEERS = 1000

export class ClusterTools {
  readonly #clusters: Services['clusters']

  constructor({ clusters }: Pick<Services, 'clusters'>) {
    this.#clusters = clusters
  }

  @tool({
    name: 'ipfs_cluster_pin',
    title: 'Pin in a cluster',
    description: 'Pin a CID on peers of the cluster, change such a pin, or remove it; where pinning failed it is tried again.',
    effect: 'destructive',
    idempotent: true,
    openWorld: true,
    needs: ['cluster'],
    input: PinInput,
    output: PinOutput,
  })
  async pin(input: z.output<typeof PinInput>, { signal }: ToolContext): Promise<z.input<typeof PinOutput>> {
    const call = { signal }
    const cluster = await this.#clusters.get(input.backend)
    const at = bare(input.cid)
    const standing = await cluster.pinned(at, call)
    refuseRoot(standing)
    if (!input.remove) return pinOf(await pinned(cluster, at, input, call), false)
    if (!standing) throw new VfsError('NOT_PINNED', `${at} is not pinned in the cluster`)
    await cluster.unpin(at, call)
    return pinOf(standing, true)
  }

  @tool({
    name: 'ipfs_cluster_status',
    title: 'Status of pins in a cluster',
    description: 'Show how the peers of the cluster hold a CID, or all pins, or those in one state.',
    effect: 'read',
    openWorld: true,
    needs: ['cluster'],
    input: StatusInput,
    output: StatusOutput,
  })
  async status(input: z.output<typeof StatusInput>, { signal }: ToolContext): Promise<z.input<typeof StatusOutput>> {
    const cluster = await this.#clusters.get(input.backend)
    const { filter, limit, backend: name } = input
    if (input.cid !== undefined) return { pins: [statusOf(await cluster.status(bare(input.cid), { signal }))], next_cursor: null }
    const query = [name ?? null, filter ?? null]
    const after = input.cursor === undefined ? '' : String(placeOf(input.cursor, query))
    const { page, more } = await firstOf(cluster.statuses(filter, { signal }), { most: limit, after, key: (status) => status.cid })
    return { pins: page.map(statusOf), next_cursor: more ? cursorOf(query, page.at(-1)?.cid ?? '') : null }
  }

  @tool({
    name: 'ipfs_cluster_peers',
    title: 'Peers of a cluster',
    description: 'List the peers of the cluster, with what is wrong with them.',
    effect: 'read',
    openWorld: true,
    needs: ['cluster'],
    input: PeersInput,
    output: PeersOutput,
  })
  async peers({ backend: name }: z.output<typeof PeersInput>, { signal }: ToolContext): Promise<z.input<typeof PeersOutput>> {
    const cluster = await this.#clusters.get(name)
    const { page } = await firstOf(cluster.peers({ signal }), { most: MOST_PEERS, after: '', key: ({ id }) => id })
    const alerts = (await cluster.alerts({ signal })).slice(0, MOST_PEERS)
    return {
      peers: page.map(({ id, peername, version, addresses, error, ipfs }) => ({
        peer: id,
        name: peername,
        version,
        ipfs: orNull(ipfs?.id),
        addresses,
        error: orNull(error) ?? orNull(ipfs?.error),
      })),
      alerts: alerts.map(({ peer, name: metric, triggered_at: at }) => ({ peer, metric, at })),
    }
  }
}

async function pinned(
  cluster: Cluster,
  cid: string,
  { name, replication_min, replication_max, expire_at, metadata }: z.output<typeof PinInput>,
  call: Call,
): Promise<Pinned> {
  const pin = await cluster.pin(
    cid,
    { name, replication_min, replication_max, metadata, ...(expire_at !== undefined && { expire_at: new Date(expire_at) }) },
    call,
  )
  const { peer_map } = await cluster.status(cid, call)
  if (Object.values(peer_map).some(({ status }) => status.endsWith('error'))) await cluster.recover(cid, call)
  return pin
}

/** The root of a tree that is mounted here or elsewhere: its files would be gone. */
function refuseRoot(pin: Pinned | undefined): void {
  if (pin?.metadata['polymount-owner'] === undefined) return
  throw new VfsError('DENIED', `${pin.cid} is the root of a tree of polymount`, {
    hint: 'Change the files of the mount instead; replaced roots expire by themselves.',
  })
}

/** Of `/ipfs/<cid>` too. */
const bare = (cid: string): string => cid.replace(/^(ipfs:\/\/|\/ipfs\/)/, '')

const NEVER = '0001-'

const pinOf = (pin: Pinned, removed: boolean): z.input<typeof PinOutput> => ({
  cid: pin.cid,
  name: pin.name,
  removed,
  replication_min: pin.replication_factor_min,
  replication_max: pin.replication_factor_max,
  expire_at: !pin.expire_at || pin.expire_at.startsWith(NEVER) ? null : new Date(pin.expire_at).toISOString(),
  allocations: pin.allocations,
})

const statusOf = ({ cid, name, peer_map }: Status): z.input<typeof StatusOutput>['pins'][number] => ({
  cid,
  name,
  peers: Object.entries(peer_map).map(([peer, { peername, status, error }]) => ({ peer, name: peername, status, error: orNull(error) })),
})

const orNull = (text: string | undefined): string | null => (text === undefined || text === '' ? null : text)

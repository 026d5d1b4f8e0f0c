import { z } from 'zod'
import type { Call } from '../../core/backend.ts'
import { VfsError } from '../../core/error.ts'
import type { BlockPeer, Connection, Reached, Swarm } from '../network-types.ts'
import type { KuboBlocks } from './blocks.ts'
import type { Online } from './online.ts'

const Peers = z.object({
  Peers: z.array(z.object({ Peer: z.string(), Addr: z.string(), Latency: z.string().optional(), Direction: z.number().optional() })).nullable(),
})
const DIRECTIONS = [null, 'inbound', 'outbound'] as const

export class KuboSwarm implements Swarm {
  readonly #online: Online
  readonly #blocks: Pick<KuboBlocks, 'block'>

  constructor(online: Online, blocks: Pick<KuboBlocks, 'block'>) {
    this.#online = online
    this.#blocks = blocks
  }

  async connections(call?: Call): Promise<readonly Connection[]> {
    const { Peers: peers } = await this.#online('swarm/peers').value('swarm/peers', { latency: true, direction: true }, Peers, call)
    return (peers ?? []).map(({ Peer: peer, Addr: address, Latency, Direction = 0 }) => ({
      peer,
      address,
      direction: DIRECTIONS[Direction] ?? null,
      latency: milliseconds(Latency),
    }))
  }

  async connect(address: string, options: Reached = {}): Promise<void> {
    const { multiaddr } = await import('@multiformats/multiaddr')
    const target = parsed(() => multiaddr(address), address)
    await this.#online('swarm/connect').call('swarm/connect', options, (kubo, call) => kubo.swarm.connect(target, call), options.timeoutMs)
  }

  async blocksOf(address: string, options: Reached = {}): Promise<BlockPeer> {
    await this.connect(address, options)
    return { alone: false, get: (cid, call) => this.#blocks.block(cid, call) }
  }
}

const UNITS: Readonly<Record<string, number>> = { ns: 1e-6, µs: 1e-3, ms: 1, s: 1000, m: 60_000 }

/** Of a duration as Go writes it, such as 1m2.5s; null if it is none. */
function milliseconds(duration = ''): number | null {
  const parts = [...duration.matchAll(/(\d+(?:\.\d+)?)(ns|µs|ms|s|m)/g)]
  return parts.length === 0 ? null : parts.reduce((sum, [, count, unit = '']) => sum + Number(count) * (UNITS[unit] ?? 0), 0)
}

function parsed<T>(parse: () => T, address: string): T {
  try {
    return parse()
  } catch (cause) {
    throw new VfsError('INVALID_ARGUMENT', `${JSON.stringify(address.slice(0, 200))} is no multiaddress`, { cause })
  }
}

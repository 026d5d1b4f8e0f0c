import { isCode, VfsError } from '../../core/error.ts'
import type { PeerInfo, Reached, Routing } from '../network-types.ts'
import { reaching, reachingEach } from '../reaching.ts'
import type { Peer } from './helia.ts'
import type { Network } from './network.ts'
import { peerIdOf } from './peer-id.ts'

type Limited = Reached & { readonly limit: number }

/** The distributed hash table, and delegated routers beside it. */
export class EmbeddedRouting implements Routing {
  readonly #network: Pick<Network, 'peer'>

  constructor(network: Pick<Network, 'peer'>) {
    this.#network = network
  }

  findPeer(peer: string, options: Reached = {}): Promise<PeerInfo> {
    return reaching('findPeer', options, async (signal) => {
      const id = await peerIdOf(peer)
      const { library } = await this.#company()
      try {
        const { multiaddrs } = await library.routing.findPeer(id.toCID(), { signal })
        return { peer: id.toString(), addresses: multiaddrs.map(String) }
      } catch (cause) {
        throw new VfsError('NOT_FOUND', `nobody who was asked knows the peer ${peer}`, { cause, hint: 'Check the peer id, or repeat the call later.' })
      }
    })
  }

  async *findProviders(cid: string, options: Limited): AsyncGenerator<PeerInfo> {
    const open = (signal: AbortSignal) => this.#providers(cid, signal)
    yield* first(options.limit, untilLate(reachingEach('findProviders', options, open)))
  }

  async *closestPeers(peer: string, options: Limited): AsyncGenerator<PeerInfo> {
    const open = (signal: AbortSignal) => this.#closest(peer, signal)
    yield* first(options.limit, untilLate(reachingEach('closestPeers', options, open)))
  }

  provide(cid: string, options: Reached = {}): Promise<void> {
    return reaching('provide', options, async (signal) => {
      const key = await parsed(cid)
      const { library } = await this.#company()
      await library.routing.provide(key, { signal })
    })
  }

  async *#providers(cid: string, signal: AbortSignal): AsyncGenerator<PeerInfo> {
    const key = await parsed(cid)
    const { library } = await this.#company()
    const { peerIdFromCID } = await import('@libp2p/peer-id')
    for await (const { id, multiaddrs, fallback } of library.routing.findProviders(key, { signal })) {
      if (fallback) return // gateways, which are asked for every block anyway, come last and know nothing of this one
      yield { peer: peerIdFromCID(id).toString(), addresses: multiaddrs.map(String) }
    }
  }

  async *#closest(peer: string, signal: AbortSignal): AsyncGenerator<PeerInfo> {
    const id = await peerIdOf(peer)
    const { library } = await this.#company()
    for await (const found of library.libp2p.peerRouting.getClosestPeers(id.toMultihash().bytes, { signal }))
      yield { peer: found.id.toString(), addresses: found.multiaddrs.map(String) }
  }

  async #company(): Promise<Peer> {
    const peer = await this.#network.peer()
    if (peer.alone) throw new VfsError('NO_PEERS', 'the node is connected to no peer')
    return peer
  }
}

async function parsed(cid: string) {
  return (await import('../../content/unixfs/index.ts')).parseCid(cid)
}

/** Each peer once. */
async function* first(limit: number, peers: AsyncIterable<PeerInfo>): AsyncGenerator<PeerInfo> {
  const seen = new Set<string>()
  for await (const info of peers) {
    if (seen.has(info.peer)) continue
    seen.add(info.peer)
    yield info
    if (seen.size >= limit) return
  }
}

/** What was found before the deadline is an answer. */
async function* untilLate(peers: AsyncIterable<PeerInfo>): AsyncGenerator<PeerInfo> {
  let found = false
  try {
    for await (const info of peers) {
      found = true
      yield info
    }
  } catch (error) {
    if (!(found && isCode(error, 'TIMEOUT'))) throw error
  }
}

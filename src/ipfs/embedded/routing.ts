import { VfsError } from '../../core/error.ts'
import { found, type Limited, unknownPeer } from '../found.ts'
import type { PeerInfo, Reached, Routing } from '../network-types.ts'
import { reaching } from '../reaching.ts'
import type { Peer } from './helia.ts'
import type { Network } from './network.ts'
import { peerIdOf } from '../peer-id.ts'

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
      const { multiaddrs } = await library.routing.findPeer(id.toCID(), { signal }).catch((cause: unknown) => {
        throw unknownPeer(peer, cause)
      })
      if (multiaddrs.length === 0) throw unknownPeer(peer) // somebody has heard its id, from us
      return { peer: id.toString(), addresses: multiaddrs.map(String) }
    })
  }

  async *findProviders(cid: string, options: Limited): AsyncGenerator<PeerInfo> {
    yield* found('findProviders', options, (signal) => this.#providers(cid, signal))
  }

  async *closestPeers(peer: string, options: Limited): AsyncGenerator<PeerInfo> {
    yield* found('closestPeers', options, (signal) => this.#closest(peer, signal))
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
    const { library, connections } = await this.#company()
    if (connections === 0) throw noPeers() // routers do not know that
    for await (const close of library.libp2p.peerRouting.getClosestPeers(id.toMultihash().bytes, { signal }))
      yield { peer: close.id.toString(), addresses: close.multiaddrs.map(String) }
  }

  async #company(): Promise<Peer> {
    const peer = await this.#network.peer()
    if (peer.alone) throw noPeers()
    return peer
  }
}

const noPeers = (): VfsError => new VfsError('NO_PEERS', 'the node is connected to no peer')

async function parsed(cid: string) {
  return (await import('../../content/unixfs/index.ts')).parseCid(cid)
}

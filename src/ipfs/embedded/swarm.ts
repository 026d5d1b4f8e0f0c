import type { Call } from '../../core/backend.ts'
import { VfsError } from '../../core/error.ts'
import type { BlockPeer, Connection, Reached, Swarm } from '../network-types.ts'
import { reaching } from '../reaching.ts'
import type { Network } from './network.ts'

export class EmbeddedSwarm implements Swarm {
  readonly #network: Pick<Network, 'peer'>

  constructor(network: Pick<Network, 'peer'>) {
    this.#network = network
  }

  connections(call: Call = {}): Promise<readonly Connection[]> {
    return reaching('connections', call, async () => {
      const { library } = await this.#network.peer()
      return library.libp2p.getConnections().map(({ remotePeer, remoteAddr, direction, rtt }) => ({
        peer: remotePeer.toString(),
        address: remoteAddr.toString().replace(/\/p2p\/[^/]+$/, ''),
        direction,
        latency: rtt ?? null,
      }))
    })
  }

  async connect(address: string, options: Reached = {}): Promise<void> {
    await this.blocksOf(address, options)
  }

  blocksOf(address: string, options: Reached = {}): Promise<BlockPeer> {
    return reaching('connect', options, async (signal) => {
      const peer = await this.#network.peer()
      const { multiaddr } = await import('@multiformats/multiaddr')
      const target = parsed(() => multiaddr(address), address)
      try {
        const { remotePeer } = await peer.library.libp2p.dial(target, { signal })
        return { alone: true, get: (cid, call) => peer.fetchFrom(remotePeer.toCID(), cid, call) }
      } catch (cause) {
        throw new VfsError('NO_PEERS', `nobody answers at ${address}`, { cause })
      }
    })
  }
}

function parsed<T>(parse: () => T, address: string): T {
  try {
    return parse()
  } catch (cause) {
    throw new VfsError('INVALID_ARGUMENT', `${JSON.stringify(address.slice(0, 200))} is no multiaddress`, { cause })
  }
}

import { KEEP_ALIVE, type Libp2p, type PeerId } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { setTimeout as sleep } from 'node:timers/promises'

/** Between two looks; the pause grows as long as there is no connection. */
const LOOK_MS = 1_000
const MAX_PAUSE_MS = 60_000

type Dialling = Pick<Libp2p, 'dial' | 'getConnections' | 'peerStore'>

/** Connects whenever there is no connection: the library gives up a peer that is away for half a minute. Resolves once it was tried. */
export function keepConnected(libp2p: Dialling, address: string, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  void hold(libp2p, address, signal, resolve)
  return promise
}

async function hold(libp2p: Dialling, address: string, signal: AbortSignal, tried: () => void): Promise<void> {
  let peer: PeerId | undefined
  for (let pause = LOOK_MS; !signal.aborted; await sleep(pause, undefined, { ref: false, signal }).catch(() => {})) {
    const isThere = peer !== undefined && libp2p.getConnections(peer).length > 0
    if (!isThere) peer = await connected(libp2p, address)
    pause = isThere ? LOOK_MS : Math.min(2 * pause, MAX_PAUSE_MS)
    tried()
  }
}

/** undefined where it does not answer: whoever needs the peer is told that nobody has the block. */
async function connected(libp2p: Dialling, address: string): Promise<PeerId | undefined> {
  try {
    const { remotePeer } = await libp2p.dial(multiaddr(address))
    await libp2p.peerStore.merge(remotePeer, { tags: { [KEEP_ALIVE]: {} } })
    return remotePeer
  } catch {
    return undefined
  }
}

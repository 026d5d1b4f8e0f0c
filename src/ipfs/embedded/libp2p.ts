import type { PrivateKey } from '@libp2p/interface'
import { identify } from '@libp2p/identify'
import { kadDHT } from '@libp2p/kad-dht'
import { noise } from '@libp2p/noise'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import type { OnlineMode, Peering } from './peering.ts'

const READ_BUFFER_BYTES = 16 << 20 // with the library's 4 MiB, transfers from disk to disk stall

/** How the node names itself to its peers. */
export const AGENT = 'polymount'

/** A client listens nowhere and asks; a node listens, and answers in the distributed hash table too. */
export function libp2pOptions(mode: OnlineMode, privateKey: PrivateKey, { listen }: Peering) {
  const common = { identify: identify(), ping: ping() }
  return {
    privateKey,
    addresses: { listen: mode === 'node' ? [...listen] : [] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux({ streamOptions: { maxReadBufferLength: READ_BUFFER_BYTES } })],
    nodeInfo: { name: AGENT, userAgent: AGENT },
    services: mode === 'node' ? { ...common, dht: kadDHT({ clientMode: false, allowQueryWithZeroPeers: true }) } : common,
  }
}

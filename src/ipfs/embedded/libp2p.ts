import type { PrivateKey } from '@libp2p/interface'
import { gossipsub } from '@libp2p/gossipsub'
import { identify, identifyPush } from '@libp2p/identify'
import { kadDHT, type KadDHTInit, passthroughMapper, type SelectFn, type ValidateFn } from '@libp2p/kad-dht'
import { noise } from '@libp2p/noise'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { isLocal, type OnlineMode, type Peering } from './peering.ts'

const READ_BUFFER_BYTES = 16 << 20 // with the library's 4 MiB, transfers from disk to disk stall

/** How the node names itself to its peers. */
export const AGENT = 'polymount'

/** What the hash table holds beside providers: IPNS records, checked before they are kept or believed. */
export interface Records {
  readonly validate: ValidateFn
  readonly select: SelectFn
}

/** A client listens nowhere and asks; a node listens, and answers in the distributed hash table too. */
export function libp2pOptions(mode: OnlineMode, privateKey: PrivateKey, peering: Peering, records: Records) {
  return {
    privateKey,
    addresses: { listen: mode === 'node' ? [...peering.listen] : [] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux({ streamOptions: { maxReadBufferLength: READ_BUFFER_BYTES } })],
    nodeInfo: { name: AGENT, userAgent: AGENT },
    services: {
      identify: identify(),
      // Who dials while it starts says later what else it speaks: a Kubo that has this node among its peers meets it before it has bitswap.
      identifyPush: identifyPush(),
      ping: ping(),
      dht: kadDHT(tableOptions(mode, peering, records)),
      // A message with nobody to hear it is no error, and who listens here hears this node too: as Kubo does it.
      pubsub: gossipsub({ allowPublishToZeroTopicPeers: true, emitSelf: true }),
    },
  }
}

/** Kubo has a table of its own for peers of the same machine or network, where their private addresses are kept. */
function tableOptions(mode: OnlineMode, peering: Peering, { validate, select }: Records): KadDHTInit {
  return {
    clientMode: mode === 'client',
    allowQueryWithZeroPeers: true, // else a lone node waits for company until its deadline
    validators: { ipns: validate },
    selectors: { ipns: select },
    ...(isLocal(mode, peering) && { protocol: '/ipfs/lan/kad/1.0.0', peerInfoMapper: passthroughMapper }),
  }
}

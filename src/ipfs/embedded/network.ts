import type { CID } from 'multiformats/cid'
import type { Call } from '../../core/backend.ts'
import { keptOff, notHere } from '../absent.ts'
import type { Identity, NetworkMode, Stats } from '../types.ts'
import { UNCOUNTED } from '../uncounted.ts'
import type { Peer } from './helia.ts'
import type { PeerKey } from './peer-key.ts'

/** How a node reaches others. */
export interface Network extends AsyncDisposable {
  readonly mode: NetworkMode
  /** A verified block. Rejects OFFLINE, CONTENT_NOT_FOUND_IN_TIME, NO_PEERS. */
  fetch(cid: CID, call?: Call): Promise<Uint8Array>
  /** Tells others that this machine has it now; nobody waits for that. */
  announce(cid: string): void
  identity(call?: Call): Promise<Identity>
  /** What was exchanged with peers so far. */
  exchanged(): Promise<Stats['bitswap']>
  /** Calls back when this process is on the network under the key of the data folder. */
  onStable(listener: () => void): void
  /** What a domain points to. Rejects OFFLINE, NAME_NOT_FOUND. */
  dnsLink(domain: string, signal: AbortSignal): Promise<string>
  /** The started peer, once it has met those it knows from the beginning. Rejects OFFLINE. */
  peer(): Promise<Peer>
}

export class NoNetwork implements Network {
  readonly mode = 'off'
  readonly #key: PeerKey

  constructor(key: PeerKey) {
    this.#key = key
  }

  async fetch(cid: CID): Promise<Uint8Array> {
    throw notHere(cid.toString())
  }

  announce(): void {}

  onStable(): void {}

  async exchanged(): Promise<Stats['bitswap']> {
    return UNCOUNTED.bitswap
  }

  async identity(): Promise<Identity> {
    return { peer: await this.#key.peer(), addresses: [], agent: 'polymount', protocols: [] }
  }

  async dnsLink(): Promise<string> {
    throw keptOff()
  }

  async peer(): Promise<Peer> {
    throw keptOff()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#key[Symbol.dispose]()
  }
}

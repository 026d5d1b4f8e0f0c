import { setTimeout as sleep } from 'node:timers/promises'
import type { CID } from 'multiformats/cid'
import type { Call } from '../../core/backend.ts'
import { throwIfAborted, VfsError } from '../../core/error.ts'
import type { LocalContent } from '../../content/store.ts'
import { undelivered } from '../absent.ts'
import type { Identity, Stats } from '../types.ts'
import { dnsLink } from '../dnslink.ts'
import { Exchange } from './exchange.ts'
import type { Peer } from './helia.ts'
import type { Network } from './network.ts'
import type { OnlineMode, Peering } from './peering.ts'
import type { PeerKey } from './peer-key.ts'
import { Served } from './served.ts'
import type { NodeState } from './state.ts'

/** Most blocks that can be had at all have come by then. */
const PATIENCE_MS = 1000

export interface OnlineOptions {
  readonly mode: OnlineMode
  readonly content: LocalContent
  readonly state: NodeState
  readonly key: PeerKey
  readonly peering: Peering
}

/** The network. Of a client it is loaded and started when a call first needs it. */
export class Online implements Network {
  readonly mode: OnlineMode
  readonly #options: OnlineOptions
  readonly #exchange = new Exchange()
  #peer: Promise<Peer> | undefined
  #onStable: () => void = () => {}

  constructor(options: OnlineOptions) {
    this.mode = options.mode
    this.#options = options
    if (options.mode === 'node') this.#started().catch(() => {}) // peers can ask before we do; a call that needs it is told
  }

  async fetch(cid: CID, { signal }: Call = {}): Promise<Uint8Array> {
    const peer = await this.#started()
    const late = AbortSignal.timeout(this.#options.peering.fetchTimeoutMs)
    const hopeless = new AbortController()
    const end = AbortSignal.any([late, hopeless.signal, ...(signal ? [signal] : [])])
    this.#anybody(peer, end).then(
      (there) => there || hopeless.abort(),
      () => {}, // the block came, or nobody waits any more
    )
    try {
      return await this.#exchange.asking(cid.toString(), (onProgress) => peer.fetch(cid, { signal: end, onProgress }))
    } catch (error) {
      throwIfAborted(signal, 'fetch')
      throw this.#failure(cid, peer, hopeless.signal.aborted, error)
    } finally {
      hopeless.abort()
    }
  }

  announce(cid: string): void {
    if (this.mode === 'node') void this.#peer?.then((peer) => peer.provide(cid)).catch(() => {})
  }

  async exchanged(): Promise<Stats['bitswap']> {
    const peer = await this.#peer?.catch(() => undefined) // what was never started has exchanged nothing
    return this.#exchange.counted(peer ? await peer.exchangers() : [])
  }

  onStable(listener: () => void): void {
    this.#onStable = listener
  }

  dnsLink(domain: string, signal: AbortSignal): Promise<string> {
    return dnsLink(domain, signal)
  }

  async peer(): Promise<Peer> {
    const peer = await this.#started()
    await peer.met()
    return peer
  }

  async identity(): Promise<Identity> {
    return (await this.#started()).identity()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const peer = await this.#peer?.catch(() => undefined)
    await peer?.[Symbol.asyncDispose]()
    this.#options.key[Symbol.dispose]()
  }

  /** False once nobody can be asked: a client has no peer, and no gateway or router so much as answers. The library would wait for one to come. */
  async #anybody(peer: Peer, signal: AbortSignal): Promise<boolean> {
    await sleep(PATIENCE_MS, undefined, { signal })
    await peer.met()
    if (this.mode !== 'client' || peer.connections > 0) return true
    const { gateways, routers } = this.#options.peering
    const answers = [...gateways, ...routers].map((url) => fetch(url, { method: 'HEAD', signal }))
    return Promise.any(answers).then(
      () => true,
      () => peer.connections > 0,
    )
  }

  #failure(cid: CID, peer: Peer, hopeless: boolean, cause: unknown): VfsError {
    const { gateways } = this.#options.peering
    if (hopeless || (peer.connections === 0 && gateways.length === 0)) return new VfsError('NO_PEERS', 'the node is connected to no peer', { cause })
    return undelivered(cid.toString(), cause)
  }

  #started(): Promise<Peer> {
    return (this.#peer ??= this.#start().then(
      (peer) => {
        if (this.#options.key.stable) this.#onStable()
        return peer
      },
      (error: unknown) => {
        this.#peer = undefined // the next call tries again
        throw new VfsError('SERVICE_UNAVAILABLE', 'the IPFS node could not start', { cause: error, retryable: true })
      },
    ))
  }

  /** Only the stable peer serves: others of the folder would offer the same blocks at the same addresses. */
  async #start(): Promise<Peer> {
    const { mode, content, state, key, peering } = this.#options
    const [{ startPeer }, { ServedBlockstore }] = await Promise.all([import('./helia.ts'), import('./blockstore.ts')])
    const privateKey = await key.get()
    if (mode === 'client' || !key.stable)
      return startPeer({ mode: 'client', key: privateKey, blockstore: new ServedBlockstore(content.blocks, NOTHING), peering })
    const served = new Served(content, state)
    const peer = await startPeer({ mode, key: privateKey, blockstore: new ServedBlockstore(content.blocks, served), peering })
    void peer.provideAll(await served.roots()) // nobody waits for it
    return peer
  }
}

const NOTHING = { has: async () => false }

import { withBitswap } from '@helia/bitswap'
import { withHTTP } from '@helia/http'
import { withLibp2pLight } from '@helia/libp2p'
import type { PrivateKey } from '@libp2p/interface'
import type { KadDHT, SingleKadDHT } from '@libp2p/kad-dht'
import { MemoryDatastore } from 'datastore-core/memory'
import { setTimeout as sleep } from 'node:timers/promises'
import { createHeliaLight } from 'helia'
import { CID } from 'multiformats/cid'
import { sha512 } from 'multiformats/hashes/sha2'
import type { Call } from '../../core/backend.ts'
import { throwIfAborted, VfsError } from '../../core/error.ts'
import type { Identity } from '../types.ts'
import type { BaseBlockstore } from 'blockstore-core/base'
import { recordsOf } from './ipns.ts'
import { keepConnected } from './keep-connected.ts'
import { AGENT, libp2pOptions } from './libp2p.ts'
import type { OnlineMode, Peering } from './peering.ts'
import { secp256k1Crypto } from './secp256k1.ts'

const PROVIDE_MS = 60_000
const PROVIDES_AT_ONCE = 8
const MEET_MS = 5_000

export interface PeerOptions {
  readonly mode: OnlineMode
  readonly key: PrivateKey
  readonly blockstore: BaseBlockstore
  readonly peering: Peering
}

/** The library, started: what is loaded when a call first needs the network. */
export async function startPeer(options: PeerOptions): Promise<Peer> {
  const light = lightOf(options)
  const askers = routersOf(light)
  const helia = assemble(light, options)
  const brokers = brokersOf(helia)
  await helia.start()
  const peer = new Peer(helia, { brokers, askers, routers: options.peering.routers.length })
  for (const address of options.peering.peers) peer.keep(address)
  return peer
}

const lightOf = ({ blockstore }: PeerOptions) =>
  createHeliaLight({ blockstore, datastore: new MemoryDatastore(), hashers: [sha512], cryptos: [secp256k1Crypto()], holdGcLock: true })

function assemble(light: Light, { mode, key, peering }: PeerOptions) {
  const local = peering.gateways.some((gateway) => gateway.startsWith('http:'))
  const http = withHTTP(light, {
    delegatedRouters: [...peering.routers],
    recursiveGateways: [...peering.gateways],
    allowInsecure: local,
    allowLocal: local,
  })
  return withBitswap(withLibp2pLight(http, libp2pOptions(mode, key, peering, recordsOf(light.keychain))))
}

/** The library tells nobody who its brokers are, and only by that of bitswap one peer can be asked alone. */
function brokersOf(helia: Library): readonly BlockBroker[] {
  const brokers: BlockBroker[] = []
  const add = helia.addBlockBroker.bind(helia)
  helia.addBlockBroker = (broker) => {
    if (typeof broker !== 'function') brokers.push(broker)
    add(broker)
  }
  return brokers
}

/** Nor who its routers are, of which it takes the first that answers. */
function routersOf(light: Light): readonly Router[] {
  const routers: Router[] = []
  const add = light.addRouter.bind(light)
  light.addRouter = (router) =>
    add((components) => {
      const made = typeof router === 'function' ? router(components) : router
      routers.push(made)
      return made
    })
  return routers
}

const isTable = (dht: KadDHT): dht is SingleKadDHT => 'routingTable' in dht

type Light = ReturnType<typeof lightOf>

type BlockBroker = Exclude<Parameters<Light['addBlockBroker']>[0], (...parts: never[]) => unknown>

export type Router = Exclude<Parameters<Light['addRouter']>[0], (...parts: never[]) => unknown>

interface Asked {
  readonly brokers: readonly BlockBroker[]
  readonly askers: readonly Router[]
  readonly routers: number
}

export type Library = ReturnType<typeof assemble>

export class Peer implements AsyncDisposable {
  readonly library: Library
  /** Delegated routers, which are asked over HTTP. */
  readonly routers: number
  /** Whoever can be asked for a record: the hash table, and those routers. */
  readonly askers: readonly Router[]
  readonly #brokers: readonly BlockBroker[]
  /** The first of each peer that is kept. */
  readonly #dials: Promise<void>[] = []
  readonly #over = new AbortController()
  #met: Promise<void> | undefined

  constructor(library: Library, { brokers, askers, routers }: Asked) {
    this.library = library
    this.#brokers = brokers
    this.askers = askers
    this.routers = routers
  }

  get connections(): number {
    return this.library.libp2p.getConnections().length
  }

  /** True if there is nobody to ask. */
  get alone(): boolean {
    return this.connections === 0 && this.routers === 0
  }

  /** Resolves when the peers that are known from the beginning can be asked, or could not be reached in a while. */
  met(): Promise<void> {
    return (this.#met ??= this.#meet())
  }

  /** Connects in the background, and again until it is disposed of. */
  keep(address: string): void {
    this.#dials.push(keepConnected(this.library.libp2p, address, this.#over.signal))
  }

  async fetch(cid: CID, options: { readonly signal: AbortSignal; readonly onProgress: (event: { readonly type: string }) => void }): Promise<Uint8Array> {
    return Buffer.concat(await Array.fromAsync(this.library.blockstore.get(cid, options)))
  }

  /** From this peer and no other: a session of its own, which is given up as soon as it looks for somebody else. Rejects NOT_FOUND. */
  async fetchFrom(peer: CID, cid: CID, { signal }: Call = {}): Promise<Uint8Array> {
    const missed = new AbortController()
    const onProgress = ({ type }: { readonly type: string }): void => (type === 'bitswap:find-providers' ? missed.abort() : undefined)
    const session = this.#brokers.find(({ name }) => name === 'bitswap')?.createSession?.({ providers: [peer], maxProviders: 1 })
    const end = signal ? AbortSignal.any([signal, missed.signal]) : missed.signal
    try {
      if (!session?.retrieve) throw new TypeError('the library has no bitswap')
      return await session.retrieve(cid, { signal: end, onProgress }) // it finds the CID of a block by hashing it
    } catch (error) {
      throwIfAborted(signal, 'fetch')
      throw missed.signal.aborted ? new VfsError('NOT_FOUND', `has no block ${cid.toString()}`, { cause: error }) : error
    }
  }

  /** The connected peers that speak bitswap. */
  async exchangers(): Promise<string[]> {
    const { libp2p } = this.library
    const known = await Promise.all(libp2p.getPeers().map((id) => libp2p.peerStore.get(id).catch(() => undefined)))
    return known.flatMap((peer) => (peer?.protocols.some((protocol) => protocol.startsWith('/ipfs/bitswap/')) ? [peer.id.toString()] : []))
  }

  /** Tells the network that this node has it, as far as that can be done in a while. */
  async provide(cid: string): Promise<void> {
    await this.library.routing.provide(CID.parse(cid), { signal: AbortSignal.timeout(PROVIDE_MS) }).catch(() => {})
  }

  /** The same of many, of which each is a search through the hash table. */
  async provideAll(cids: readonly string[]): Promise<void> {
    const rest = cids.values()
    const some = async (): Promise<void> => {
      for (const cid of rest) if (!this.#over.signal.aborted) await this.provide(cid)
    }
    await Promise.all(Array.from({ length: PROVIDES_AT_ONCE }, some))
  }

  identity(): Identity {
    const { libp2p } = this.library
    return {
      peer: libp2p.peerId.toString(),
      addresses: libp2p.getMultiaddrs().map(String),
      agent: AGENT,
      protocols: libp2p.getProtocols().toSorted(),
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort()
    await this.library.stop()
  }

  /** A peer that was dialled stands in the hash table a moment later, when it has said what it speaks. */
  async #meet(): Promise<void> {
    await Promise.race([Promise.all(this.#dials), sleep(MEET_MS, undefined, { ref: false })])
    const { dht } = this.library.libp2p.services
    for (let waits = 0; waits < 50 && this.connections > 0 && isTable(dht) && dht.routingTable.size === 0; waits++) await sleep(20)
  }
}

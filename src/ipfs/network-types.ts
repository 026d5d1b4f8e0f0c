import type { CID } from 'multiformats/cid'
import type { Call } from '../core/backend.ts'

/** Each call of this file has a deadline of the engine's own beside the caller's signal: nothing here waits for ever. */
export interface Reached extends Call {
  /** Milliseconds; the engine's default if absent. */
  readonly timeoutMs?: number | undefined
}

export interface PeerInfo {
  readonly peer: string
  readonly addresses: readonly string[]
}

/** Who has what, by the distributed hash table and delegated routers. Rejects OFFLINE, NO_PEERS, TIMEOUT. */
export interface Routing {
  /** Rejects NOT_FOUND if nobody knows the peer. */
  findPeer(peer: string, options?: Reached): Promise<PeerInfo>
  /** Ends after `limit`, or when nobody knows more. */
  findProviders(cid: string, options: Reached & { readonly limit: number }): AsyncIterable<PeerInfo>
  /** The peers closest to this one in the table, the closest first. */
  closestPeers(peer: string, options: Reached & { readonly limit: number }): AsyncIterable<PeerInfo>
  /** Tells the network that this node has the block; resolves once somebody knows. */
  provide(cid: string, options?: Reached): Promise<void>
}

export interface Key {
  /** `self` is the node's own. */
  readonly name: string
  /** The IPNS name that it signs for: a base36 CID (k51…). */
  readonly id: string
}

export interface PublishOptions extends Reached {
  /** Of a key in `keys`; rejects KEY_NOT_FOUND. */
  readonly key: string
  readonly lifetimeMs: number
  readonly ttlMs: number
  /** Signs and keeps the record, and tells nobody. */
  readonly offline: boolean
}

export interface Published {
  /** `k51…` */
  readonly name: string
  readonly value: string
}

/** What a key has signed last. Times are milliseconds. */
export interface Signed {
  readonly value: string
  readonly sequence: number
  readonly expires: number
  readonly ttl: number
}

/** IPNS: names that point to a path and can be moved. Keys never leave the node. */
export interface Names {
  keys(call?: Call): Promise<readonly Key[]>
  /** Rejects ALREADY_EXISTS. */
  makeKey(name: string, call?: Call): Promise<Key>
  /** Takes in a key of another node, as a protobuf of libp2p. Rejects INVALID_ARGUMENT, ALREADY_EXISTS. */
  addKey(name: string, key: Uint8Array, call?: Call): Promise<Key>
  /**
   * `path` is `/ipfs/<cid>…` or `/ipns/…`. Durable when it resolves; told to the network unless offline. If nobody could
   * be told it rejects, and the record is kept and told later. Unless offline it is later than what other machines have signed
   * with the same key, as far as the network tells of it in time; rejects CONFLICT if one of them was faster.
   */
  publish(path: string, options: PublishOptions): Promise<Published>
  /** What a key of this node has signed last, as it is known here without asking anybody; undefined if nothing. */
  last(key: Key, call?: Call): Promise<Signed | undefined>
  /**
   * Signs again what the same key has signed elsewhere, so that its next publication here is a later one. Tells nobody now. False
   * if this node has signed something as late.
   */
  takeUp(key: Key, signed: Signed, call?: Call): Promise<boolean>
  /** One step, or to the end with `recursive`. Rejects NAME_NOT_FOUND. */
  resolve(name: string, options?: Reached & { readonly recursive?: boolean | undefined; readonly fresh?: boolean | undefined }): Promise<string>
}

export interface Message {
  /** The sender's peer id; null if the message is not signed. */
  readonly from: string | null
  readonly topic: string
  readonly data: Uint8Array
  /** Of the sender's own count, as text; null if it gives none. */
  readonly sequence: string | null
}

export interface Pubsub {
  publish(topic: string, data: Uint8Array, call?: Call): Promise<void>
  /** Resolves once subscribed; `onMessage` must not throw. Ends by the returned function. */
  subscribe(topic: string, onMessage: (message: Message) => void, onEnd: (error: unknown) => void, call?: Reached): Promise<() => Promise<void>>
  /** Peers that we know to listen to the topic (or to any, if absent). */
  peers(topic?: string, call?: Call): Promise<readonly string[]>
}

export interface Connection {
  readonly peer: string
  readonly address: string
  readonly direction: 'inbound' | 'outbound' | null
  /** Milliseconds of a round trip; null where the engine has not measured it. */
  readonly latency: number | null
}

/** A peer that was named by its address, to be asked for blocks. */
export interface BlockPeer {
  /** False where others are asked beside it, so that nobody knows whose a block is. */
  readonly alone: boolean
  /** Verified. Rejects NOT_FOUND or CONTENT_NOT_FOUND_IN_TIME if it has not got the block; ends only by the signal where it does not say so. */
  get(cid: CID, call?: Call): Promise<Uint8Array>
}

export interface Swarm {
  connections(call?: Call): Promise<readonly Connection[]>
  /** Connects to a peer by its address. Rejects INVALID_ARGUMENT, NO_PEERS, OFFLINE. */
  connect(address: string, options?: Reached): Promise<void>
  /** Connects to a peer that is asked for blocks then; a Kubo asks it beside those that it is connected to anyway. Rejects as `connect` does. */
  blocksOf(address: string, options?: Reached): Promise<BlockPeer>
}

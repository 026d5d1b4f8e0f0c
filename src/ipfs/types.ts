import type { Bytes, Call, Range } from '../core/backend.ts'
import type { AddOptions, CidFormat, NamedNode, Node, Source } from '../content/types.ts'
import type { Names, Pubsub, Routing, Swarm } from './network-types.ts'

export type Engine = 'embedded' | 'kubo'

/** off: no traffic; client: fetches and listens nowhere; node: listens, provides and answers. */
export type NetworkMode = 'off' | 'client' | 'node'

export interface Identity {
  readonly peer: string
  readonly addresses: readonly string[]
  readonly agent: string
  readonly protocols: readonly string[]
}

export interface Pin {
  readonly cid: string
  readonly type: 'direct' | 'recursive' | 'indirect'
  readonly name: string | null
}

/** Bringing all that lies below a CID to this machine. */
export interface BringCall extends Call {
  /** Blocks that are here so far. */
  readonly onProgress?: ((blocks: number) => void) | undefined
}

export interface PinOptions extends BringCall {
  readonly name?: string | undefined
  readonly recursive?: boolean | undefined
  /** True if the caller has seen to it that all below is here and stays: then nobody has to look. */
  readonly whole?: boolean | undefined
}

export interface PinQuery extends Call {
  /**
   * `indirect`: below a recursive pin and pinned in no other way; finding them takes a walk through all that is pinned.
   * `all`: those too. Absent: what somebody has pinned.
   */
  readonly type?: Pin['type'] | 'all' | undefined
  readonly cid?: string | undefined
  /** Begins behind this CID. */
  readonly after?: string | undefined
}

/** Pins outlive collection; a directory of `/ipfs` lists them. CIDs are as `resolve` gives them. */
export interface Pins {
  /** Everything below it is on this machine then. Rejects ALREADY_EXISTS for a direct pin of what is pinned recursively. */
  add(cid: string, options?: PinOptions): Promise<void>
  /** Rejects NOT_PINNED. */
  remove(cid: string, call?: Call): Promise<void>
  /** Moves a recursive pin, in one step, with its name unless the new one has its own. Rejects NOT_PINNED. */
  update(from: string, to: string, options?: BringCall & { readonly unpin?: boolean | undefined }): Promise<void>
  /** In the order of the CIDs as text. */
  list(query?: PinQuery): AsyncIterable<Pin>
}

/** CIDs that outlive collection under an id of the caller's, unseen by peers and users: removed and replaced files wait here. */
export interface Keeps {
  /** Rejects ALREADY_EXISTS if the id keeps something. */
  set(id: string, cid: string, call?: Call): Promise<void>
  get(id: string, call?: Call): Promise<string | undefined>
  /** Succeeds if there is none. */
  remove(id: string, call?: Call): Promise<void>
}

/** Changes of the mutable tree, each durable when it resolves. A caller journals them; the engine only swaps roots. */
export interface Mfs {
  /** Where the tree stands, for the journal: a change of one tree is never taken back in another. */
  readonly volume: string
  /** How well `expect` protects against writers that are not our gateways. */
  readonly cas: 'native' | 'lock'
  root(call?: Call): Promise<string>
  stat(path: string, call?: Call): Promise<Node>
  list(path: string, options?: Call & { readonly after?: string | undefined }): AsyncIterable<NamedNode>
  /** Puts a node at a path whose parent exists. `expect`: the CID that must stand there (null: nothing), else it is Overtaken. */
  link(path: string, cid: string, options?: Call & { readonly expect?: string | null | undefined }): Promise<void>
  /** The same for a file of this content, up to one leaf, which is durable no later than what names it: its CID, as adding it gives. */
  put(path: string, content: Uint8Array, options?: Call & { readonly expect?: string | null | undefined }): Promise<string>
  unlink(path: string, options?: Call & { readonly expect?: string | undefined }): Promise<void>
  /** One root swap. Rejects ALREADY_EXISTS. */
  move(from: string, to: string, options?: Call & { readonly expect?: string | undefined }): Promise<void>
}

/**
 * One IPFS node, whichever engine runs it: both give the same results and the same CIDs. `path` arguments are a CID or
 * `<cid>/…`. What is not on this machine is fetched where the configuration allows it, every block verified, else OFFLINE
 * or CONTENT_NOT_FOUND_IN_TIME.
 */
export interface IpfsNode extends AsyncDisposable {
  readonly engine: Engine
  /** True if blocks of this node are in the content store, so that versions of its files cost nothing. */
  readonly sharesContent: boolean
  readonly pins: Pins
  readonly keeps: Keeps
  readonly mfs: Mfs
  readonly blocks: NodeBlocks
  readonly names: Names
  readonly routing: Routing
  readonly pubsub: Pubsub
  readonly swarm: Swarm
  /**
   * Until it is disposed, no collection takes what this node adds or fetches from now on. Open it before adding what a pin,
   * the mutable tree or a change is to name, and close it when that is done. Rejects BUSY where one runs that has to end first,
   * and does not soon.
   */
  guard(call?: Call): Promise<AsyncDisposable>
  /** As the content store does it: a part of the content is used up when the next one is asked for. */
  add(content: Bytes, options?: AddOptions): Promise<Node>
  addTree(sources: AsyncIterable<Source>, options?: AddOptions): AsyncIterable<NamedNode>
  /**
   * The file at `cid` (null: an empty one) with `content` written over it from `offset`, a hole before that filled with
   * zeros: what adding the changed file gives, but only what the content touches is read. Rejects INVALID_ARGUMENT for a
   * hole of more than 1 GiB.
   */
  overwrite(cid: string | null, content: Bytes, options: Call & { readonly offset: number }): Promise<Node>
  /** The CID of the same folder in another format; what lies in it keeps its own. */
  reformat(folder: string, format: CidFormat, call?: Call): Promise<string>
  /** The CID at the end of a path through folders and blocks of any codec. Rejects INVALID_CID, NOT_FOUND, NOT_DIRECTORY, INVALID_ARGUMENT for a part of a block. */
  resolve(path: string, call?: Call): Promise<string>
  stat(path: string, call?: Call): Promise<Node>
  read(path: string, options?: Call & Range): Bytes
  list(path: string, options?: Call & { readonly after?: string | undefined }): AsyncIterable<NamedNode>
  identity(call?: Call): Promise<Identity>
  version(call?: Call): Promise<{ readonly engine: Engine; readonly version: string; readonly network: string }>
  stats(call?: Call): Promise<Stats>
}

/** A block as it comes in: the CID says what its bytes have to be. */
export interface Block {
  readonly cid: string
  readonly bytes: Uint8Array
}

/** What Kubo and peers take at most. */
export const MAX_BLOCK_BYTES = 2 << 20

/** Blocks by CID, whatever they hold. */
export interface NodeBlocks {
  /** Verified; fetched where the configuration allows it. Rejects INVALID_CID, OFFLINE, CONTENT_NOT_FOUND_IN_TIME, NO_PEERS. */
  get(cid: string, call?: Call): Promise<Uint8Array>
  /** True if it is on this machine; asks nobody. */
  has(cid: string, call?: Call): Promise<boolean>
  /** True if all below it is there too, in its size; a Kubo, which keeps its blocks itself, is asked for the CID alone. Content is not read for that. */
  hasAll(cid: string, call?: Call): Promise<boolean>
  /**
   * Verifies each; all of them are durable when it resolves. Rejects INVALID_BLOCK, UNSUPPORTED for a hash function that
   * cannot be verified, and FILE_TOO_LARGE above MAX_BLOCK_BYTES; what came before stays unpinned then.
   */
  put(blocks: AsyncIterable<Block>, call?: Call): Promise<void>
  /** What is on this machine, as CIDs of raw blocks, in no order. */
  local(call?: Call): AsyncIterable<string>
}

/** Counters of the node; null where an engine has none. */
export interface Stats {
  /** Blocks on this machine, versions that are kept for undo among them where the node shares the content store. */
  readonly repo: { readonly objects: number; readonly bytes: number; readonly maxBytes: number | null }
  readonly bitswap: {
    readonly blocksReceived: number | null
    readonly blocksSent: number | null
    readonly dataReceived: number | null
    readonly dataSent: number | null
    readonly duplicateBlocksReceived: number | null
    readonly wantlist: readonly string[] | null
    readonly peers: readonly string[] | null
  }
  /** Bytes since the node started, and bytes per second now. */
  readonly bandwidth: { readonly totalIn: number | null; readonly totalOut: number | null; readonly rateIn: number | null; readonly rateOut: number | null }
}

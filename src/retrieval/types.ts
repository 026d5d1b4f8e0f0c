import type { CID } from 'multiformats/cid'
import type { Call } from '../core/backend.ts'

/** Of the blocks at the end of a path: the first one; those of the file, or of the folder without what lies in it; all below it. */
export type Scope = 'block' | 'entity' | 'all'

/** Bytes of a file. */
export interface Part {
  readonly offset: number
  readonly length?: number | undefined
}

/** What is wanted of a DAG; the blocks on the way to it belong to it, since they prove that the path leads there. */
export interface Request {
  /** A CID, or a path behind `/ipfs/` or `/ipns/`. */
  readonly path: string
  readonly scope: Scope
  /** Of scope entity: only what these bytes of a file need. */
  readonly part?: Part | undefined
}

/** The same, with what the path says. */
export interface Wanted extends Omit<Request, 'path'> {
  readonly root: CID
  readonly names: readonly string[]
}

/** A verified block of those that are wanted. */
export interface Found {
  readonly cid: CID
  readonly bytes: Uint8Array
  /** True for what lies above the end of the path. */
  readonly onPath: boolean
}

export interface Delivery {
  readonly bytes: Uint8Array
  /** Who sent it, where that is known. */
  readonly from?: string | undefined
}

/** Where blocks come from. What is given is what its CID says: anything else rejects INVALID_BLOCK. */
export interface Source extends AsyncDisposable {
  /** Blocks that may be asked for ahead of their turn; 0: each is asked for once, in the order of the walk. */
  readonly ahead: number
  get(cid: CID, call?: Call): Promise<Delivery>
  /** Nothing more is wanted. Rejects if more is there. */
  end(): Promise<void>
}

export interface RetrieveOptions extends Call {
  /** Where to ask, and nowhere else: addresses of peers, and URLs of trustless gateways. Absent: whoever can be found. */
  readonly providers?: readonly string[] | undefined
  readonly timeoutMs: number
  /** Told of every block that came; `from` as in Delivery, LOCAL if it was here. */
  readonly onBlock?: ((bytes: number, from: string | undefined) => void) | undefined
}

export const LOCAL = 'local'

/** Blocks of others, each verified, and none but those that are wanted. */
export interface Retrieval {
  /** The URL of the lassie that fetches for us, which is started for it; absent where this process fetches. */
  readonly daemon?: ((call?: Call) => Promise<string>) | undefined
  /**
   * In the order of the walk (depth first), each once. Rejects CONTENT_NOT_FOUND_IN_TIME, NO_PEERS, OFFLINE, DENIED for a
   * provider that agents may not name, INVALID_BLOCK, INVALID_CAR, and what reading the path rejects.
   */
  blocks(request: Request, options: RetrieveOptions): AsyncIterable<Found>
}

import type { Call } from '../../core/backend.ts'

/** Why a block is kept. `recent`: an operation that had not ended when the collection began may be about to name it. */
export type Reason = 'pin' | 'mfs' | 'sync' | 'trash' | 'version' | 'recent'

/** What is kept, with all that lies below it unless it says otherwise. */
export interface Root {
  readonly cid: string
  readonly reason: Reason
  readonly recursive: boolean
}

export interface Count {
  readonly blocks: number
  readonly bytes: number
}

export interface Collected {
  readonly freed: Count
  /** Each block once, by the first reason in the order of the roots. */
  readonly kept: Readonly<Record<Reason, Count>>
  /** Nodes that are named and not here, so that nobody knows what lies below them; of a pin there is none. */
  readonly missing: number
}

export interface CollectOptions extends Call {
  /** Tells what would be freed, and frees nothing. */
  readonly dryRun?: boolean | undefined
  /** Blocks that were looked at, first in marking and then in sweeping. */
  readonly onProgress?: ((phase: 'mark' | 'sweep', blocks: number) => void) | undefined
}

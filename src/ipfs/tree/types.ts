import type { Batch } from '../../content/blocks/batch.ts'
import type { IpfsNode } from '../types.ts'

/** What a mutable tree of UnixFS is made of: an IPFS node has all of it. */
export type TreeNode = Pick<IpfsNode, 'sharesContent' | 'keeps' | 'mfs' | 'guard' | 'add' | 'addTree' | 'stat' | 'read' | 'list'>

/** Roots that this data folder has published, and that may stand there still. */
export interface Published {
  all(): Promise<ReadonlySet<string>>
  add(root: string): Promise<void>
  remove(root: string): Promise<void>
}

/** Where the root of a tree stands. */
export interface TreeRoot {
  /** undefined before the first change. */
  root(): Promise<string | undefined>
  /** Makes `to`, whose new blocks are in the batch, the root if that still is `from`; false if somebody else was faster. Both are durable when it resolves. */
  commit(batch: Batch, from: string | undefined, to: string): Promise<boolean>
}

/** The root of a tree that is published elsewhere, as this data folder knows it: no blocks come with it. */
export interface KnownRoot extends Pick<TreeRoot, 'root'> {
  /** Sets it if it still is `from`; false if another process was faster. Durable when it resolves. */
  swap(from: string | undefined, to: string): Promise<boolean>
}

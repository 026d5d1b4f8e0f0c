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
  /** Sets it if it still is `from`; false if somebody else was faster. Durable when it resolves. */
  swap(from: string | undefined, to: string): Promise<boolean>
}

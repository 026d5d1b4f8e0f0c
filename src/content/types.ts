import type { Bytes, Call, Range } from '../core/backend.ts'

/** What UnixFS 1.5 can keep of a node beside its content; absent where it does not say. */
export interface Metadata {
  /** Permission bits (0o7777). */
  readonly mode?: number | undefined
  readonly modified?: Date | undefined
}

/** What a CID names in UnixFS. */
export interface Node extends Metadata {
  readonly cid: string
  /** `link`: a symbolic link. */
  readonly kind: 'file' | 'directory' | 'link'
  /** Bytes of content; for a directory the sum below it where the DAG says so, else 0. */
  readonly size: number
  /** Bytes of the node's own block and of all below it, as the DAG says. */
  readonly tsize: number
  /** Blocks right below it. */
  readonly links: number
  /** Of a symbolic link that has been read, unless no disk could hold it. */
  readonly target?: string | undefined
}

export interface NamedNode extends Node {
  readonly name: string
}

/** How content is cut and linked: the two of IPIP-499. */
export type ProfileName = 'unixfs-v1-2025' | 'unixfs-v0-2015'

/** Of a CID; version 0 has sha2-256 only. */
export interface CidFormat {
  readonly version: 0 | 1
  readonly hash: 'sha2-256' | 'sha2-512'
}

export interface AddOptions extends Call, Metadata {
  /** `unixfs-v1-2025` if absent. */
  readonly profile?: ProfileName | undefined
  /** Of a tree: the format of its folders' CIDs, instead of the profile's. */
  readonly folders?: CidFormat | undefined
  /** Computes the CID and stores nothing. */
  readonly onlyHash?: boolean | undefined
  readonly onProgress?: ((bytes: number) => void) | undefined
}

/** A node that is in the store already. */
export type Built = Pick<Node, 'cid' | 'kind' | 'size' | 'tsize'>

/** One entry of a tree to add; the path is relative, with `/`, and folders need not be given. The path '' is the root folder itself. */
export interface Source extends Metadata {
  readonly path: string
  /** One of these three; none of them: a folder. */
  readonly content?: Bytes | undefined
  readonly built?: Built | undefined
  /** Of a symbolic link. */
  readonly target?: string | undefined
}

/**
 * The gateway's own blocks, shared by every process of a data folder, and UnixFS over them. No network: what is not here
 * rejects NOT_FOUND at once.
 */
export interface ContentStore extends AsyncDisposable {
  /**
   * One file. A part of the content is used up when the next one is asked for (see Range.reuse). The blocks are durable when it
   * resolves; what does not get a name then, under a guard, goes with the next collection.
   */
  put(content: Bytes, options?: AddOptions): Promise<Node>
  /** A tree; yields every entry as it gets its CID, the root last (path ''). The contents of several sources are read at the same time, and used up as that of one file. */
  putTree(sources: AsyncIterable<Source>, options?: AddOptions): AsyncIterable<NamedNode>
  stat(cid: string, call?: Call): Promise<Node>
  read(cid: string, options?: Call & Range): Bytes
  list(cid: string, options?: Call & { readonly after?: string | undefined }): AsyncIterable<NamedNode>
  has(cid: string): Promise<boolean>
  /** Until it is disposed, no collection takes what is put from now on. Open it before putting, and close it once that has its name. */
  guard(): Promise<AsyncDisposable>
}

import type { Bytes, Call, Range } from '../core/backend.ts'

/** What a CID names in UnixFS. */
export interface Node {
  readonly cid: string
  /** `link`: a symbolic link, which UnixFS can hold but no tool of ours makes. */
  readonly kind: 'file' | 'directory' | 'link'
  /** Bytes of content; for a directory the sum below it where the DAG says so, else 0. */
  readonly size: number
}

export interface NamedNode extends Node {
  readonly name: string
}

export interface AddOptions extends Call {
  /** Computes the CID and stores nothing. */
  readonly onlyHash?: boolean | undefined
  readonly onProgress?: ((bytes: number) => void) | undefined
}

/** A file or folder to add; the path is relative, with `/`, and folders need not be given. */
export interface Source {
  readonly path: string
  /** Absent: an empty folder. */
  readonly content?: Bytes | undefined
}

/**
 * The gateway's own blocks, shared by every process of a data folder, and UnixFS over them. No network: what is not here
 * rejects NOT_FOUND at once. CIDs are those of profile unixfs-v1-2025.
 */
export interface ContentStore extends AsyncDisposable {
  /** One file. The blocks are durable when it resolves. */
  put(content: Bytes, options?: AddOptions): Promise<Node>
  /** A tree; yields every entry as it gets its CID, the root last (path ''). */
  putTree(sources: AsyncIterable<Source>, options?: AddOptions): AsyncIterable<NamedNode>
  stat(cid: string, call?: Call): Promise<Node>
  read(cid: string, options?: Call & Range): Bytes
  list(cid: string, options?: Call & { readonly after?: string | undefined }): AsyncIterable<NamedNode>
  has(cid: string): Promise<boolean>
}

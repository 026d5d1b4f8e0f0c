import type { VfsPath } from '../core/path.ts'
import type { LeftOut, MirrorCall, Mirrored, VfsCall } from '../vfs/types.ts'

export interface SyncCall extends VfsCall {
  /** Globs, relative to the folder. What `exclude` means is not looked at, a folder with all below it. */
  readonly include?: readonly string[] | undefined
  readonly exclude?: readonly string[] | undefined
  /** Modes and times go along, as UnixFS 1.5. */
  readonly preserve?: boolean | undefined
  /** Bytes that were read, and files that are done. */
  readonly onProgress?: ((bytes: number, files: number) => void) | undefined
}

export type FromCall = Omit<MirrorCall, 'memory'>

export interface Synced {
  readonly cid: string
  /** Of all files. */
  readonly size: number
  /** Files that were read. */
  readonly added: number
  /** Files that were not. */
  readonly reused: number
  /** That were read. */
  readonly bytes: number
  /** Symbolic links, which are left out. */
  readonly linksLeftOut: number
  readonly leftOut: LeftOut
}

/** Folders of the VFS as trees in IPFS, where only what has changed since the last time is read. */
export interface Sync {
  /** The same CID as adding the folder anew. What was done before a cancellation, a failure or a crash is not done again. Rejects NOT_DIRECTORY, BUSY, CONFLICT. */
  toIpfs(path: VfsPath, call: SyncCall): Promise<Synced>
  /** Makes `path` like what a CID, or a path below one, names; see Vfs.mirror. A file that was compared is not read again while it stays as it is. */
  fromIpfs(source: string, path: VfsPath, call: FromCall): Promise<Mirrored & { readonly cid: string }>
}

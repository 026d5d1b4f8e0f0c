import type { About, Backend, Bytes, Capabilities, Entry, Kind, ListOptions, Precondition, Range, Stat, ThreadAccess } from '../core/backend.ts'
import type { VfsError } from '../core/error.ts'
import type { VfsPath } from '../core/path.ts'
import type { ChangeId, ChangeRecord, Place } from '../journal/types.ts'
import type { Usage } from '../layers/meter.ts'
import type { Changed, Copies, CopiedInto, CopyIntoCall, MirrorCall, Mirrored, TransferCall, VfsCall, WriteCall } from './change-types.ts'

export type * from './change-types.ts'

export interface MountSpec {
  readonly path: VfsPath
  /** The name that the configuration gives it, or the type where it has none. */
  readonly name: string
  /** Whoever opened it disposes of it: other mounts may show the same one. */
  readonly backend: Backend
  /** Where in the backend the mount begins. */
  readonly root?: VfsPath | undefined
  readonly readOnly?: boolean | undefined
  /** Keep what changes replace; `off` only by configuration. */
  readonly versions?: 'on' | 'off' | undefined
  /** A person's own: no tool can unmount it. */
  readonly configured?: boolean | undefined
}

export interface MountInfo {
  readonly path: VfsPath
  readonly name: string
  readonly scheme: string
  readonly readOnly: boolean
  readonly versions: 'on' | 'off'
  readonly capabilities: Capabilities
  /** Absent while the backend answers. */
  readonly error?: VfsError | undefined
  readonly usage: Usage
  /** What a person should know of it. */
  readonly notes: readonly string[]
}

export interface PathStat extends Stat {
  readonly path: VfsPath
  /** Path of the mount that serves it; null for a synthetic folder above the mounts. */
  readonly mount: VfsPath | null
  readonly capabilities: Capabilities
}

export interface OpenCall extends VfsCall {
  /** What is read is to be changed: rejects CONFLICT and READ_ONLY as its write would, and does not count as read by the session. */
  readonly toChange?: Pick<Precondition, 'ifMatch'> | undefined
}

/** One file as it stood when it was opened: every read of it is of that content, or rejects CONFLICT. */
export interface OpenFile {
  readonly stat: PathStat
  read(range?: Range): Bytes
}

/** Files of one storage, as a reader of it names them. */
export interface ThreadPlaces {
  readonly access: ThreadAccess
  readonly paths: readonly VfsPath[]
}

export interface Walked extends Entry {
  readonly path: VfsPath
  readonly depth: number
}

export interface WalkOptions extends VfsCall {
  /** 1: the folder's own entries. */
  readonly depth?: number | undefined
  readonly details?: boolean | undefined
  /** Enters what .gitignore and .git hide. */
  readonly ignored?: boolean | undefined
  /** Begins after this path, in the walk's own order. */
  readonly after?: VfsPath | undefined
  /** Told of every entry (with all below it) that the ignore rules skipped. */
  readonly onIgnored?: ((path: VfsPath, kind: Kind) => void) | undefined
  /** Told of every device, pipe and socket in the folders that are entered. */
  readonly onSpecial?: ((path: VfsPath) => void) | undefined
  /** Told of every name in these folders that no path can express. */
  readonly onPathless?: ((folder: VfsPath, name: string) => void) | undefined
  /** Told of every folder below the first that cannot be listed, and the walk goes on behind it. Absent: the walk rejects. */
  readonly onUnreadable?: ((path: VfsPath, error: VfsError) => void) | undefined
}

export interface RemoveCall extends VfsCall {
  readonly recursive?: boolean | undefined
  readonly ifMatch?: string | undefined
  /** Rejects NOT_DIRECTORY for a file, and for a link wherever it leads. */
  readonly folder?: boolean | undefined
}

export interface UndoQuery {
  readonly change?: ChangeId | undefined
  readonly session?: string | undefined
  readonly path?: VfsPath | undefined
  readonly since?: Date | undefined
  readonly dryRun?: boolean | undefined
}

export interface UndoCall extends VfsCall {
  /** How many changes have been taken back, each part of a larger one counted. */
  readonly onProgress?: ((changes: number) => void) | undefined
}

export interface Undone {
  /** The undo's own change; null for a dry run or if there are conflicts. */
  readonly change: ChangeId | null
  readonly undone: readonly { readonly change: ChangeId; readonly path: VfsPath; readonly action: string }[]
  /** If there is one, nothing was changed. */
  readonly conflicts: readonly { readonly change: ChangeId; readonly path: VfsPath; readonly reason: string }[]
}

/** An earlier content of a path, with what was said beside it where that is known. */
export interface Version extends About {
  readonly change: ChangeId
  readonly at: Date
  readonly size: number
  readonly cid: string | null
  /** Permission bits, where they are known. */
  readonly mode?: number | undefined
  read(range?: Range): Bytes
}

export interface RestoreCall extends VfsCall {
  readonly ifMatch?: string | undefined
  readonly onProgress?: ((bytes: number, total: number) => void) | undefined
}

/** What tools, resources and HTTP use. Paths are of the VFS; rejects VfsError only. */
export interface Vfs extends AsyncDisposable {
  readonly copies: Copies
  stat(path: VfsPath, call: VfsCall): Promise<PathStat>
  list(path: VfsPath, options: VfsCall & ListOptions): AsyncIterable<Entry>
  /** Depth first, names in byte order, links not followed; memory grows with depth and the width of one folder only. */
  walk(path: VfsPath, options: WalkOptions): AsyncIterable<Walked>
  /** For who is about to take all that lies below: rejects INVALID_PATH for a folder by CID of more than a million entries, which a few blocks can name. */
  requireFinite(path: VfsPath, call: VfsCall): Promise<void>
  /** Where the path stands in its storage, links resolved, and where every mount below it begins: what may be remembered of a tree holds while they stay. */
  places(path: VfsPath, call: VfsCall): Promise<readonly Place[]>
  /** The way for a thread to read files by itself, following no link; undefined where only the VFS can, or may not. */
  inThread(paths: readonly VfsPath[]): Promise<ThreadPlaces | undefined>
  /** Remembers for the session which content it has seen (journal.md, 12). */
  open(path: VfsPath, call: OpenCall): Promise<OpenFile>
  write(path: VfsPath, content: Bytes | Uint8Array, call: WriteCall): Promise<Changed>
  /**
   * Puts a file or folder at a path of a storage that is by_cid, in place of whatever stands there. Which CID, is for the
   * caller to answer for: rules are not asked about names inside it. Rejects UNSUPPORTED.
   */
  graft(path: VfsPath, cid: string, call: VfsCall & Precondition & { readonly parents?: boolean | undefined }): Promise<Changed>
  mkdir(path: VfsPath, call: VfsCall & { readonly parents?: boolean | undefined }): Promise<Changed>
  remove(path: VfsPath, call: RemoveCall): Promise<Changed>
  copy(from: VfsPath, to: VfsPath, call: TransferCall): Promise<Changed>
  move(from: VfsPath, to: VfsPath, call: TransferCall): Promise<Changed>
  /**
   * Copies a file, or merges a folder into another, as far as it goes: files that hold the same content are left alone,
   * others are replaced, and one that fails is told without stopping the rest. What was copied stays, also if the call
   * is cancelled or the process dies: the same call sends only what is missing.
   */
  copyInto(from: VfsPath, to: VfsPath, call: CopyIntoCall): Promise<CopiedInto>
  /** Makes `to` like `from` by writing only what differs: files are compared by content. All of it or none, in one change. */
  mirror(from: VfsPath, to: VfsPath, call: MirrorCall): Promise<Mirrored>

  /** The newest first; `before` is the sequence number to go on from. */
  history(path: VfsPath, call: VfsCall & { readonly before?: number | undefined; readonly limit: number }): Promise<ChangeRecord[]>
  /** The content that a change left (or, with `replaced`, took away). Rejects VERSION_NOT_FOUND. */
  version(path: VfsPath, change: ChangeId, call: VfsCall & { readonly replaced?: boolean | undefined }): Promise<Version>
  restore(path: VfsPath, change: ChangeId, call: RestoreCall): Promise<Changed>
  undo(query: UndoQuery, call: UndoCall): Promise<Undone>

  /** A mount of what another one shows read-only is read-only too. Rejects MOUNT_EXISTS, and DENIED where a rule hides the path. */
  mount(spec: MountSpec): Promise<MountInfo>
  /** Rejects MOUNT_BUSY while calls run, unless forced, and DENIED for a configured mount. */
  unmount(path: VfsPath, options?: { readonly force?: boolean | undefined }): Promise<void>
  mounts(): Promise<MountInfo[]>
  /**
   * The path of a place in a storage, under the rules of every mount that shows it: by a mount of the whole of it, which is
   * made at the given path if there is none. Rejects MOUNT_EXISTS, and INVALID_ARGUMENT where another mount covers the place.
   */
  reach(spec: Pick<MountSpec, 'path' | 'name' | 'backend'>, inner: VfsPath): Promise<VfsPath>
}

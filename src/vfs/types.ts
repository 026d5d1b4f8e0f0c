import type { Actor } from '../core/actor.ts'
import type { Backend, Bytes, Call, Capabilities, Entry, Kind, ListOptions, Metadata, Precondition, Range, Stat, ThreadAccess } from '../core/backend.ts'
import type { ErrorCode } from '../core/codes.ts'
import type { VfsError } from '../core/error.ts'
import type { VfsPath } from '../core/path.ts'
import type { ChangeId, ChangeRecord, Place } from '../journal/types.ts'
import type { Usage } from '../layers/meter.ts'

/** Every operation of the VFS knows who asks: for the journal, and because a session's own reads protect its writes. */
export interface VfsCall extends Call {
  readonly actor: Actor
}

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

export interface Changed {
  /** null where nothing had to be done: the folder was there already. */
  readonly change: ChangeId | null
  /** null where nothing stands now. */
  readonly stat: Stat | null
  readonly cas: Capabilities['cas']
  /** Content bytes that were written. */
  readonly bytes: number
  /** Symbolic links of a copied folder, which are left out. */
  readonly linksLeftOut?: number | undefined
}

export interface WriteCall extends VfsCall, Precondition {
  /** Permission bits of a file that is made; one that is replaced keeps its own. */
  readonly mode?: number | undefined
  /** Rejects UNSUPPORTED where the storage keeps none. */
  readonly metadata?: Metadata | undefined
  readonly parents?: boolean | undefined
  readonly append?: boolean | undefined
}

export interface TransferCall extends VfsCall {
  readonly recursive?: boolean | undefined
  /** A file is replaced; a folder is merged into, file by file. */
  readonly overwrite?: boolean | undefined
  readonly ifMatch?: string | undefined
  readonly include?: readonly string[] | undefined
  readonly exclude?: readonly string[] | undefined
  readonly onProgress?: ((progress: Progress) => void) | undefined
}

/** How far a transfer has come. No number of it ever falls, but for the time left. */
export interface Progress {
  /** Content that has arrived; what was there already is not counted. */
  readonly bytes: number
  /** Files that are where they are to be. */
  readonly files: number
  /** What is to be sent, and all files; absent until that is known. */
  readonly total?: { readonly bytes: number; readonly files: number } | undefined
  readonly bytesPerSecond: number
  /** Absent while there is nothing to judge by. */
  readonly secondsLeft?: number | undefined
}

export interface CopyIntoCall extends VfsCall {
  /** Reads back what was written where the storage did not check it against a hash; on if not said. */
  readonly verify?: boolean | undefined
  /** Finds out what there is to do, and does nothing. */
  readonly dryRun?: boolean | undefined
  /** Files at the same time. */
  readonly concurrency?: number | undefined
  readonly include?: readonly string[] | undefined
  readonly exclude?: readonly string[] | undefined
  readonly onProgress?: ((progress: Progress) => void) | undefined
}

/** A file, or a folder that cannot be listed or made. */
export interface Failure {
  readonly path: VfsPath
  readonly code: ErrorCode
  readonly message: string
}

export interface CopiedInto {
  /** null where nothing was done. It is `partial` if something failed, and can be undone then too. */
  readonly change: ChangeId | null
  /** Files that were copied, or with `dryRun` would be. */
  readonly copied: number
  /** Files that hold the same content already. */
  readonly skipped: number
  /** Content bytes that were written, or with `dryRun` would be. */
  readonly bytes: number
  /** The first of them, by their paths in the source; `failedMore` counts the rest. */
  readonly failed: readonly Failure[]
  readonly failedMore: number
  readonly linksLeftOut: number
  /** With `dryRun`: the first paths of the source that would be copied. */
  readonly planned?: readonly VfsPath[] | undefined
}

/** Another place where a content was stored, and what stood there then. */
export interface Copy {
  readonly path: VfsPath
  readonly etag: string
  readonly cid: string
}

export interface Stored extends Changed {
  /** Where it stands now, the first place first. */
  readonly heldBy: readonly VfsPath[]
  readonly failed: readonly Failure[]
}

/** Files that stand in several storages, so that one is left when another is lost. */
export interface Copies {
  /** Writes a file, and then others like it, in one change. The first has to succeed; of the others it is told which did not. */
  store(path: VfsPath, others: readonly VfsPath[], content: Bytes | Uint8Array, call: WriteCall): Promise<Stored>
  /** Where else stands what was last stored at a path. None once something else has been done at that path; one of which that is true is left out. */
  of(path: VfsPath, call: VfsCall): Promise<readonly Copy[]>
  /** What was stored at a path together with others, if it still stands there. */
  stored(path: VfsPath, call: VfsCall): Promise<Copy | undefined>
  /** True if what stands there is still what was stored. Rejects NOT_FOUND. */
  holds(copy: Copy, call: VfsCall): Promise<boolean>
  /** Rejects IO_ERROR unless the CID of what was read there is that of what was stored. */
  check(copy: Copy, cid: string, call: VfsCall): Promise<void>
  /** Puts a file that was lost or damaged back from another place; they go on being copies of each other. Rejects CONFLICT over what somebody else has put there. */
  repair(path: VfsPath, from: VfsPath, call: VfsCall): Promise<Changed>
  /** Removes a file and what `of` told of it, in one change. A copy that somebody else has changed stays. */
  remove(path: VfsPath, others: readonly Copy[], call: VfsCall & { readonly ifMatch?: string | undefined }): Promise<Changed>
}

/** What is known of contents at a destination without reading them. */
export interface MirrorMemory {
  /** A CID of the content that this etag was given for, however it was cut. */
  recall(path: VfsPath, etag: string): Promise<string | undefined>
  learn(path: VfsPath, etag: string, cid: string): Promise<void>
}

export interface MirrorCall extends VfsCall {
  /** What the source does not have is removed. */
  readonly delete?: boolean | undefined
  /** Rejects TOO_MANY_DELETIONS before anything is changed; absent: no limit. */
  readonly maxDelete?: number | undefined
  /** Finds out what there is to do, and does nothing. */
  readonly dryRun?: boolean | undefined
  readonly memory?: MirrorMemory | undefined
  /** Bytes that were written, and files that are as they are to be. */
  readonly onProgress?: ((bytes: number, files: number) => void) | undefined
}

export interface Mirrored {
  /** null where nothing was done. */
  readonly change: ChangeId | null
  /** Files and folders, in the order of their paths. */
  readonly created: readonly VfsPath[]
  /** Files whose content or mode is another, and whatever is of another kind. */
  readonly updated: readonly VfsPath[]
  readonly deleted: readonly VfsPath[]
  /** Files. */
  readonly unchanged: number
  /** Content bytes that were written. */
  readonly bytes: number
  /** Symbolic links of the source, which are left out. */
  readonly linksLeftOut: number
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
  /** Told of every folder below the first that cannot be listed, and the walk goes on behind it. Absent: the walk rejects. */
  readonly onUnreadable?: ((path: VfsPath, error: VfsError) => void) | undefined
}

export interface UndoQuery {
  readonly change?: ChangeId | undefined
  readonly session?: string | undefined
  readonly path?: VfsPath | undefined
  readonly since?: Date | undefined
  readonly dryRun?: boolean | undefined
}

export interface Undone {
  /** The undo's own change; null for a dry run or if there are conflicts. */
  readonly change: ChangeId | null
  readonly undone: readonly { readonly change: ChangeId; readonly path: VfsPath; readonly action: string }[]
  /** If there is one, nothing was changed. */
  readonly conflicts: readonly { readonly change: ChangeId; readonly path: VfsPath; readonly reason: string }[]
}

/** An earlier content of a path. */
export interface Version {
  readonly change: ChangeId
  readonly at: Date
  readonly size: number
  readonly cid: string | null
  /** Permission bits, where they are known. */
  readonly mode?: number | undefined
  read(range?: Range): Bytes
}

/** What tools, resources and HTTP use. Paths are of the VFS; rejects VfsError only. */
export interface Vfs extends AsyncDisposable {
  readonly copies: Copies
  stat(path: VfsPath, call: VfsCall): Promise<PathStat>
  list(path: VfsPath, options: VfsCall & ListOptions): AsyncIterable<Entry>
  /** Depth first, names in byte order, links not followed; memory grows with depth and the width of one folder only. */
  walk(path: VfsPath, options: WalkOptions): AsyncIterable<Walked>
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
  remove(path: VfsPath, call: VfsCall & { readonly recursive?: boolean | undefined; readonly ifMatch?: string | undefined }): Promise<Changed>
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
  restore(path: VfsPath, change: ChangeId, call: VfsCall & { readonly ifMatch?: string | undefined }): Promise<Changed>
  undo(query: UndoQuery, call: VfsCall): Promise<Undone>

  /** A mount of what another one shows read-only is read-only too. Rejects MOUNT_EXISTS. */
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

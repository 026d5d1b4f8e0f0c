/** What is asked of changes, and what comes of them. */
import type { Actor } from '../core/actor.ts'
import type { About, Bytes, Call, Capabilities, Precondition, Stat } from '../core/backend.ts'
import type { ErrorCode } from '../core/codes.ts'
import type { VfsPath } from '../core/path.ts'
import type { ChangeId } from '../journal/types.ts'

/** Every operation of the VFS knows who asks: for the journal, and because a session's own reads protect its writes. */
export interface VfsCall extends Call {
  readonly actor: Actor
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
  readonly leftOut?: LeftOut | undefined
}

/** What is said beside the content is as in the backends' WriteOptions: rejects UNSUPPORTED where the storage keeps none. */
export interface WriteCall extends VfsCall, Precondition, About {
  /** Permission bits of a file that is made; one that is replaced keeps its own. */
  readonly mode?: number | undefined
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

/** What is neither file, folder nor link, and goes nowhere: devices, pipes and sockets. */
export interface LeftOut {
  /** The first of them. */
  readonly listed: readonly Failure[]
  /** How many others there are. */
  readonly more: number
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
  /** The same of a place in a storage of this name that cannot be opened: by the path that it was stored under, which is `path` where no mount shows it. */
  ofUnopened(name: string, inner: VfsPath, path: VfsPath, call: VfsCall): Promise<readonly Copy[]>
  /** What was stored at a path together with others, if it still stands there. */
  stored(path: VfsPath, call: VfsCall): Promise<Copy | undefined>
  /** True if what stands there is still what its etag was given for, in whichever form. */
  holds(copy: Pick<Copy, 'path' | 'etag'>, call: VfsCall): Promise<boolean>
  /** Rejects CONTENT_DAMAGED unless the CID of what was read there is that of what was stored. */
  check(copy: Copy, cid: string, call: VfsCall): Promise<void>
  /** Puts a file that was lost or damaged back from another place; they go on being copies of each other. Rejects CONFLICT over what somebody else has put there, and over what a second look finds to be whole. */
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
  readonly leftOut: LeftOut
}

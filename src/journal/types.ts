import type { Actor } from '../core/actor.ts'
import type { About, Backend, Bytes, Call, Kind, Range } from '../core/backend.ts'
import type { VfsPath } from '../core/path.ts'

/** A change's public id, such as `c7f3k2`. */
export type ChangeId = string

export type ChangeKind = 'write' | 'mkdir' | 'remove' | 'move' | 'copy' | 'mirror' | 'undo'

/** open → done | aborting → aborted | conflict | partial; in_doubt where the storage did not answer (journal.md, 7 and 15). */
export type ChangeState = 'open' | 'in_doubt' | 'done' | 'aborting' | 'aborted' | 'conflict' | 'partial'

/** The journal's key: a path in a volume, and the VFS path under which the caller saw it. */
export interface Place {
  readonly volume: string
  readonly inner: string
  readonly shown: VfsPath
}

/** A file of a volume as it was seen. */
export interface Seen {
  readonly inner: string
  readonly etag: string
}

/** What stood, or stands, at a place; what was said beside it is known of a replaced file whose storage keeps that. */
export interface Snapshot extends About {
  readonly kind: Kind
  readonly etag: string
  readonly size: number
  readonly cid?: string | undefined
  readonly mode?: number | undefined
}

/** Where replaced content is kept: in the journal's own database or the content store (both by CID), or in the backend's trash (by the change's id). */
export type Kept = { readonly in: 'journal' | 'content'; readonly cid: string } | { readonly in: 'trash'; readonly etag: string }

export interface Intent {
  readonly kind: ChangeKind
  readonly place: Place
  /** The source of a move or copy; a move locks it too. */
  readonly from?: Place | undefined
  /**
   * Locked instead of the place: the outermost folder above it that is yet to be made. Two changes that make the same
   * folder would otherwise each hold a place below it and wait for the other's. null: nothing; its parts hold their places.
   */
  readonly holds?: string | null | undefined
  readonly actor: Actor
  /** The change that this one is a part of: a tree, a move across mounts, an undo set. It shares its parent's lock. */
  readonly parent?: ChangeId | undefined
  /** The change that this one takes back. */
  readonly undoes?: ChangeId | undefined
  /** It has no effect of its own: its parts are all of it. */
  readonly partsOnly?: boolean | undefined
  /** null: nothing stood there. */
  readonly before: Snapshot | null
  readonly kept?: Kept | undefined
  /** A small replaced content that goes into the journal in the same transaction; `kept` names it. */
  readonly content?: Uint8Array | undefined
  /** Known before the effect where the new content is small; else told by `staged`. */
  readonly after?: Partial<Snapshot> | undefined
}

/** What is learnt of a change after its intent. */
export interface Facts extends Pick<Partial<Intent>, 'before' | 'after' | 'kept' | 'content'> {
  /** What the storage calls what it stages for this change (see Backend.discard). */
  readonly staging?: string | undefined
  /** The id under which the trash holds what comes back, where that is not the one of its removal. */
  readonly aside?: ChangeId | undefined
}

/** One open change: it holds the lock on its places until it ends. */
export interface OpenChange {
  readonly id: ChangeId
  /** Durable when it resolves: what will stand there, or what is kept, learnt after the intent. */
  note(facts: Facts): Promise<void>
  /** Ends the change; queued, not awaited, since recovery reaches the same answer. `after` null: nothing stands there now. */
  done(after: Snapshot | null): void
  /** From now on it is taken back, by whoever finds it if not by its owner. */
  aborting(): Promise<void>
  /** Ends it once everything is as before. */
  aborted(): Promise<void>
  /** Ends a change of several parts that could neither be finished nor taken back. */
  partial(reason: string): Promise<void>
  /** Leaves the answer to recovery; the path stays locked. */
  inDoubt(reason: string): Promise<void>
}

export interface ChangeRecord {
  readonly change: ChangeId
  /** Rises with every change: the order of history, and what `since` maps to. */
  readonly seq: number
  readonly kind: ChangeKind
  readonly state: ChangeState
  readonly place: Place
  readonly from: Place | null
  readonly parent: ChangeId | null
  readonly partsOnly: boolean
  readonly undoes: ChangeId | null
  readonly undoneBy: ChangeId | null
  readonly actor: Actor
  readonly at: Date
  readonly before: Snapshot | null
  readonly after: Snapshot | null
  readonly kept: Kept | null
  readonly reason: string | null
}

export interface HistoryQuery {
  /** The place itself, what lies below it, and the changes of its ancestors that carried it along or put a file in their place. */
  readonly place?: Pick<Place, 'volume' | 'inner'> | undefined
  readonly session?: string | undefined
  readonly since?: Date | undefined
  readonly until?: Date | undefined
  readonly states?: readonly ChangeState[] | undefined
  /** Parts of larger changes too. */
  readonly parts?: boolean | undefined
  /** Only changes before (older than) this sequence number. */
  readonly before?: number | undefined
  /** Only changes after (newer than) this sequence number. */
  readonly after?: number | undefined
  readonly limit: number
}

/** What is kept for a change, and need not be. */
export interface Unwanted {
  readonly change: ChangeId
  readonly volume: string
  readonly inner: string
  readonly in: Kept['in']
  /** Of a file; 0 where it is not known, or has been brought back. */
  readonly size: number
}

export interface PartsOrder {
  readonly newestFirst?: boolean | undefined
}

/** The durable record of every change: intent, lock, kept content, end. */
export interface Journal extends AsyncDisposable {
  /**
   * Durable when it resolves, and the places are then locked. Waits for others up to 5 s, then rejects BUSY naming the
   * holder; a dead holder's change is recovered first.
   */
  begin(intent: Intent, call?: Call): Promise<OpenChange>
  get(change: ChangeId): ChangeRecord | undefined
  /** The newest first. */
  history(query: HistoryQuery): ChangeRecord[]
  /** Where the newest change took place that was asked for by this path; for one whose storage does not tell. It reads all of the journal if there is none. */
  placed(shown: VfsPath, call?: Call): Promise<Pick<Place, 'volume' | 'inner'> | undefined>
  /** The parts of a change in their order, or the newest first. They are read as they are asked for: there may be any number. */
  parts(change: ChangeId, options?: PartsOrder): IteratorObject<ChangeRecord, undefined>
  /** The parts of a change and theirs, at any depth; read as they are asked for, too. */
  below(change: ChangeId): IteratorObject<ChangeRecord, undefined>
  /**
   * The removals under whose ids the trash may hold what this one took, the newest first: it itself, and those that took it away again
   * after it had been brought back.
   */
  removals(change: ChangeId): readonly ChangeId[]
  /** The change by which this one stands: itself, or the newest undo of an undo that has made it again. */
  standsBy(change: ChangeId): ChangeRecord | undefined
  /** A kept small content. */
  content(cid: string): Uint8Array | undefined
  /** What the content store keeps for changes that can be taken back, or could be once they have ended; some CIDs more than once. `since`: for those only. */
  kept(since?: Date): Iterable<string>
  /**
   * What is kept and nothing can ask for any more, page by page: for changes that took no effect, and with `before` for all that are
   * older, as wholes. What is under way, or is being taken back, is left out.
   */
  unwanted(before?: Date): IteratorObject<readonly Unwanted[], undefined>
  /** Nothing is kept for these changes any more, so they cannot be taken back. */
  letGo(changes: readonly ChangeId[]): Promise<void>
  /** CIDs of the contents that these etags were given for, by what was learnt or the newest done changes that set them: nothing is read. */
  known(volume: string, files: readonly Seen[]): readonly (string | undefined)[]
  /** The CID of what was sent when this etag was given, if a change here did that: of a storage that has no CIDs of its own it is cut as ours are. */
  written(volume: string, file: Seen): string | undefined
  /** Remembers the CID of what was read at a place; queued, not awaited. A place has one such content, the last. */
  learn(place: Pick<Place, 'volume' | 'inner'>, etag: string, cid: string): void
  /** Forgets small contents that no change names, and of what was learnt that of places with other contents by now, and what is too much. How many of these. */
  trim(most?: number): Promise<number>
  /** Settles what dead processes left open, as far as its storages are served here. Waits for all of it, or for these changes only. Tells what it has settled. */
  recover(only?: readonly ChangeId[]): Promise<ChangeRecord[]>
  /** Resolves when queries show the end of every change that has ended here. */
  caughtUp(): Promise<void>
  /** Resolves when everything queued is durable. */
  settled(): Promise<void>
}

/**
 * Takes the finished parts of a change back whose process has died in the middle; `complete` false if one could not be,
 * and then the reason names it.
 */
export type TakeBack = (change: ChangeRecord) => Promise<{ readonly complete: boolean; readonly reason: string }>

/** How recovery looks at storages: by volume, so that it does not know of mounts. */
export interface Volumes {
  /** The backend that serves this place now, and the path there. */
  resolve(volume: string, inner: string): { readonly backend: Backend; readonly path: VfsPath } | undefined
}

/** Where large kept content goes: the content store, as the journal needs it. */
export interface VersionStore {
  /** Until it is disposed, what is put from now on stays, also before a change names it. */
  guard(): Promise<AsyncDisposable>
  /** With `onlyHash` nothing is stored. A part of the content is used up when the next one is asked for (see Range.reuse). */
  put(content: Bytes, options?: Call & { readonly onlyHash?: boolean | undefined }): Promise<{ readonly cid: string; readonly size: number }>
  read(cid: string, call?: Call & Range): Bytes
  has(cid: string): Promise<boolean>
}

import type { VfsPath } from './path.ts'

export type Kind = 'file' | 'directory' | 'link'

export type Metadata = Readonly<Record<string, string>>

/** What is said of a content beside it. */
export interface About {
  /** What people and programs noted. */
  readonly metadata?: Metadata | undefined
  /** How it is to be taken: headers of HTTP that go with it, such as content-encoding, by their names in small letters. */
  readonly headers?: Metadata | undefined
}

/** Where metadata are kept, a stat of one file has the headers, and metadata if there are any; a listing has neither. */
export interface Stat extends About {
  /** `link` only for a symbolic link that leads nowhere or outside: others are followed. */
  readonly kind: Kind
  /** Bytes; 0 for a directory. */
  readonly size: number
  /** NO_TIME (times.ts) where the storage keeps none. */
  readonly modified: Date
  /** Changes whenever the content does. Opaque, at most 12 characters. For a directory it may stay when a child changes. */
  readonly etag: string
  /** Where the storage is content-addressed, or the content is known. */
  readonly cid?: string | undefined
  /** Permission bits (0o777), where the storage has them. */
  readonly mode?: number | undefined
}

/** A listed name. Without `details` a backend may leave out all but name and kind. Symbolic links are not followed here. */
export interface Entry extends Partial<Omit<Stat, 'kind'>> {
  readonly name: string
  readonly kind: Kind
  /** Of a link, where the storage tells it: its text, if that is relative. What an absolute one names is of the machine. */
  readonly target?: string | undefined
}

export interface MkdirOptions extends Call {
  /** Permission bits of a folder that is made, where these are kept; its owner may do everything, or nothing could be put into it. */
  readonly mode?: number | undefined
}

/**
 * Facts, not hopes: what a probe or the storage's own documentation showed. A false one means that its method rejects
 * UNSUPPORTED. Layers may only narrow them. The names are those that clients see.
 */
export interface Capabilities {
  readonly write: boolean
  /** mkdir makes a folder that stays when it is empty. */
  readonly empty_folders: boolean
  readonly rename: boolean
  readonly rename_atomic: boolean
  /** Removing or moving a whole folder is one step. */
  readonly tree_atomic: boolean
  /** copy works inside the storage, without the bytes passing through us. */
  readonly copy: boolean
  /** Removed content can be put aside and brought back; see Trash. */
  readonly trash: boolean
  /** Every stat carries the CID, and the content store has its blocks: versions cost nothing. */
  readonly content_addressed: boolean
  /** Files and folders are named by their CIDs, all in one IPFS node; what may be written takes them by CID, see graft. */
  readonly by_cid: boolean
  /** Permission bits are kept. */
  readonly modes: boolean
  /** Metadata and headers are kept, through copies and replaced contents too. */
  readonly metadata: boolean
  /** How well a precondition protects against writers that are not us: by the storage itself, among our gateways, or hardly. */
  readonly cas: 'native' | 'lock' | 'weak'
}

export type Bytes = AsyncIterable<Uint8Array>

export interface Call {
  readonly signal?: AbortSignal | undefined
  /** Told by a change that takes many steps whenever it has done some, so that nobody takes the storage for dead. */
  readonly going?: (() => void) | undefined
}

export interface Range {
  readonly offset?: number | undefined
  readonly length?: number | undefined
  /** The reader keeps no part: each may be written over once the next is asked for, which spares the collector what a fast reader leaves behind. */
  readonly reuse?: boolean | undefined
  /** From the storage itself: nothing on the way answers from memory. */
  readonly fresh?: boolean | undefined
  /** The CID that a stat told with the etag of ifMatch: a storage that reads by CID gives that content, also if another stands there since. */
  readonly cid?: string | undefined
}

/** What one look at a path has shown. */
export interface Glance {
  readonly stat: Stat
  /** The whole content that the stat is of. */
  readonly content?: Uint8Array | undefined
}

/** `'*'` means "whatever is there" for ifMatch, "nothing is there" for ifNoneMatch (RFC 9110, 13.1). */
export interface Precondition {
  readonly ifMatch?: string | undefined
  readonly ifNoneMatch?: '*' | undefined
}

export interface LocateOptions extends Call {
  readonly itself?: boolean | undefined
}

export interface ListOptions extends Call {
  /** Begins after this name. */
  readonly after?: string | undefined
  /** Fills size, modified, etag (and cid, mode) of every entry; one of which the storage does not tell them is only named. */
  readonly details?: boolean | undefined
  /** Told the name of every device, pipe and socket: none of them is an entry. */
  readonly onSpecial?: ((name: string) => void) | undefined
  /** Told every name that no path can express: none of them is an entry either. */
  readonly onPathless?: ((name: string) => void) | undefined
}

/** Of what is said, each part goes in place of what stands there; if it is not given, that stays. Only where they are kept. */
export interface WriteOptions extends Call, Precondition, About {
  /**
   * With ifNoneMatch: the caller has seen, by listing all that it is going to write into, that nothing stands there and that the
   * folder above does. A storage that keeps the condition by itself and has no real folders need not ask for each.
   */
  readonly vacant?: boolean | undefined
  /** The change's id; staged bytes can be found by it after a crash (see discard). */
  readonly id?: string | undefined
  readonly mode?: number | undefined
  readonly modified?: Date | undefined
  readonly staging?: Staging | undefined
  /** Awaited once all bytes are durable and before they take the path's place. If it rejects, what was there stays. */
  readonly staged?: ((size: number) => Promise<void>) | undefined
  /** Awaited if the replaced file was changed between the check and the replacement; gets what was really replaced. */
  readonly replacedLate?: ((content: Bytes) => Promise<void>) | undefined
}

/** Awaited before a byte is staged at a place that the storage has named: after a crash nothing else leads there (see discard). */
export type Staging = (name: string) => Promise<void>

export interface MoveOptions extends Call {
  /** Precondition on the source. */
  readonly ifMatch?: string | undefined
}

export interface CopyOptions extends MoveOptions {
  /** `from` is a place in this volume, of the same realm; if not said, a path of the backend's own. */
  readonly of?: string | undefined
  /** The change's id, as for a write. */
  readonly id?: string | undefined
  readonly staging?: Staging | undefined
}

export interface DiscardOptions extends Call {
  readonly staging?: string | undefined
}

export interface LinkOptions {
  /** So long it is good for anybody who has it. */
  readonly seconds: number
  /** It replaces the file instead of reading it. */
  readonly upload?: boolean | undefined
}

/** A place of the backend's own, on the same storage, where replaced and removed things wait until nobody can want them. */
export interface Trash {
  /** Keeping a content costs one small request, whatever its size: the storage has it under a version of its own. */
  readonly versioned?: boolean | undefined
  /** Moves a file or a whole folder here in one step. Rejects NOT_FOUND, CONFLICT (and then puts back what it took). */
  put(path: VfsPath, id: string, options?: Call & Precondition): Promise<Stat>
  /** Brings it back, to where nothing stands. What an interrupted one staged at the path is discarded as that of a copy. Rejects ALREADY_EXISTS, NOT_FOUND (the parent, or nothing is kept under this id). */
  back(id: string, path: VfsPath, call?: Call & Pick<CopyOptions, 'staging'>): Promise<Stat>
  /**
   * Keeps a file's present content here without reading it, where the storage can; a folder's where it is by_cid. The
   * content may still move if a program outside holds the file open: the stat's etag is of the kept content and is to be compared before use.
   * Rejects UNSUPPORTED.
   */
  keep(path: VfsPath, id: string, call?: Call): Promise<Stat>
  /** What is kept, at `/<id>` and below. */
  readonly contents: Pick<Backend, 'stat' | 'list' | 'read'>
  /** Ends it for good; succeeds if nothing is there. */
  drop(id: string, call?: Call): Promise<void>
}

/** One file that a thread has open. */
export interface ThreadFile {
  /** Fills the beginning of `target` and tells how much; 0 at the end. */
  read(target: Uint8Array): number
  close(): void
}

/** Reads files in a thread that cannot wait: every call blocks. */
export interface ThreadReader extends Disposable {
  /** Follows no link, and throws for whatever else is no plain file. */
  open(path: VfsPath): ThreadFile
}

/** Where a thread finds a reader of its own: the module's `openReader` makes it of `init`, which can be sent to a thread. */
export interface ThreadAccess {
  readonly module: string
  readonly init: unknown
}

export interface ThreadModule {
  openReader(init: unknown): ThreadReader
}

/** One storage. Every method exists on every backend and rejects with VfsError and nothing else. Paths are the backend's own: `/` is its root. */
export interface Backend extends AsyncDisposable {
  readonly scheme: string
  readonly capabilities: Capabilities
  /** Names the storage itself, whatever mount shows it: two backends over one storage have the same volume. */
  readonly volume: string
  /** A URL by which a file is read or replaced by whoever has it, past us and what we know of changes. Absent where the storage has none. Rejects NOT_FOUND, IS_DIRECTORY. */
  readonly link?: ((path: VfsPath, options: LinkOptions) => Promise<string>) | undefined
  /** Storages of one realm copy from each other as inside one, see CopyOptions. None if not said. */
  readonly realm?: string | undefined
  readonly trash?: Trash | undefined
  /** The storage itself compares what it holds with what was sent, or with a hash of it, before a write resolves: there is no need to read it back. */
  readonly checksWrites?: boolean | undefined
  /** A part of what is written is used up when the next one is asked for, so that its source may reuse it (see Range). */
  readonly usesUp?: boolean | undefined
  /**
   * For so long a change of so many bytes that was asked for by a process that has died may still take effect: the requests are on their
   * way, or the storage works on them. None if not said: what a process did not finish has ended with it.
   */
  readonly outlives?: ((size: number) => number) | undefined
  /**
   * Stops what is still worked on at this path, whoever asked for it: only then what stands there tells how a change ended whose process
   * has died. Rejects OUTCOME_UNKNOWN where it goes on. Absent where nobody works on but who asked.
   */
  readonly stop?: ((path: VfsPath) => Promise<void>) | undefined
  /** For work on many files, where a storage can be read by several threads at once. */
  readonly threads?: ThreadAccess | undefined

  /** Rejects UNAVAILABLE and the like while the storage cannot be reached. */
  check(call?: Call): Promise<void>

  /** What a person should know of it that no answer tells, as far as it was seen. */
  notes(): readonly string[]

  /**
   * Where the path stands in its volume, links resolved: the journal's key. The path itself need not exist. With `itself`
   * a link in the last name is not followed: that is where remove, rename and the trash act.
   */
  locate(path: VfsPath, options?: LocateOptions): Promise<string>

  /** The path of a place in the volume, or undefined if it lies outside this backend's root. */
  find(inner: string): VfsPath | undefined

  /** Rejects NOT_FOUND. */
  stat(path: VfsPath, call?: Call & Pick<Range, 'fresh'>): Promise<Stat>

  /**
   * A stat, and with it the content of a file of at most `atMost` bytes where both can be had at once: it may be left out,
   * and then is to be read. Rejects as stat does.
   */
  glance(path: VfsPath, options: Call & { readonly atMost: number }): Promise<Glance>

  /** True if the content at the path is the one that this etag was given for, also by another form of it. False where nothing stands. */
  matches(path: VfsPath, etag: string, call?: Call): Promise<boolean>

  /** In the order of the names' UTF-8 bytes. Rejects NOT_FOUND, NOT_DIRECTORY. */
  list(path: VfsPath, options?: ListOptions): AsyncIterable<Entry>

  /** A range past the end yields nothing. Rejects NOT_FOUND, IS_DIRECTORY, and CONFLICT for ifMatch. */
  read(path: VfsPath, options?: Call & Range & Pick<Precondition, 'ifMatch'>): Bytes

  /**
   * Replaces the whole file or nothing: a source that fails leaves what was there, and its error is kept as `cause` of
   * SOURCE_FAILED unless it is a VfsError. Rejects CONFLICT, IS_DIRECTORY, NOT_FOUND (parent), NOT_DIRECTORY (parent).
   */
  write(path: VfsPath, source: Bytes, options?: WriteOptions): Promise<Stat>

  /** Removes what an interrupted write or copy of this id staged beside the path, or under the name that it was told; true if there was something. */
  discard(path: VfsPath, id: string, options?: DiscardOptions): Promise<boolean>

  /** Making a folder that exists succeeds, and changes nothing of it. Rejects ALREADY_EXISTS for a file, NOT_FOUND (parent). */
  mkdir(path: VfsPath, options?: MkdirOptions): Promise<void>

  /** Removing what is missing succeeds. Rejects NOT_EMPTY unless recursive. */
  remove(path: VfsPath, options?: Call & Precondition & { readonly recursive?: boolean | undefined }): Promise<void>

  /**
   * Moves a file, and where a tree goes in one step (`tree_atomic`) a folder, to where nothing stands. Rejects NOT_FOUND, ALREADY_EXISTS,
   * CONFLICT, INVALID_ARGUMENT for a folder into itself, and UNSUPPORTED for one that cannot go. A path onto itself succeeds and changes nothing.
   */
  rename(from: VfsPath, to: VfsPath, options?: MoveOptions): Promise<void>

  /** Copies one file to where nothing stands, inside the storage. Rejects as rename does, and IS_DIRECTORY. */
  copy(from: VfsPath, to: VfsPath, options?: CopyOptions): Promise<Stat>

  /**
   * Puts the file or folder of a CID at a path, without its bytes, in one step; what stood there is replaced, whatever it
   * was. Rejects CONFLICT, NOT_FOUND (parent), NOT_DIRECTORY (parent).
   */
  graft(path: VfsPath, cid: string, options?: Call & Precondition): Promise<Stat>
}

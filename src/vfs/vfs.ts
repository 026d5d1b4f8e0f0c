import type { Bytes, Entry, ListOptions, Precondition } from '../core/backend.ts'
import { bytesOf, counted } from '../core/bytes.ts'
import { isCode, VfsError } from '../core/error.ts'
import type { EventBus } from '../core/events.ts'
import { ROOT, type VfsPath } from '../core/path.ts'
import type { ChangeId, ChangeRecord, Journal, Place, TakeBack, VersionStore } from '../journal/types.ts'
import { Changes } from './change.ts'
import { StoredCopies } from './copies.ts'
import { Folders, noFolder, notFolder } from './folders.ts'
import { describeMount } from './health.ts'
import { Mirrors } from './mirror/mirror.ts'
import type { Mount, MountTable } from './mounts.ts'
import type { Policy } from './policy.ts'
import { expect } from './precondition.ts'
import { Reading } from './reading.ts'
import { removeTree, takesWhole } from './remove-tree.ts'
import { SessionReads } from './reads.ts'
import { Steps } from './step.ts'
import { statOrNull, Targets } from './target.ts'
import { Merges } from './transfer/into.ts'
import { Transfers } from './transfer/transfer.ts'
import type {
  Changed,
  Copies,
  CopiedInto,
  CopyIntoCall,
  MirrorCall,
  Mirrored,
  MountInfo,
  MountSpec,
  OpenCall,
  OpenFile,
  PathStat,
  RemoveCall,
  RestoreCall,
  ThreadPlaces,
  TransferCall,
  UndoCall,
  Undone,
  UndoQuery,
  Version,
  Vfs,
  VfsCall,
  Walked,
  WalkOptions,
  WriteCall,
} from './types.ts'
import { Undo } from './undo/undo.ts'
import { Versions } from './versions.ts'

export interface VfsParts {
  readonly table: MountTable
  readonly policy: Policy
  readonly journal: Journal
  readonly versions: VersionStore
  readonly events: EventBus
}

const TRIES = 3 // against those that take a folder away while a write into it waits

/** Resolves each path, applies the rules, and hands the work to the part that does it. */
export class MountedVfs implements Vfs {
  readonly copies: Copies
  readonly #table: MountTable
  readonly #events: EventBus
  readonly #targets: Targets
  readonly #reading: Reading
  readonly #folders: Folders
  readonly #changes: Changes
  readonly #transfers: Transfers
  readonly #merges: Merges
  readonly #mirrors: Mirrors
  readonly #undo: Undo
  readonly #versions: Versions
  readonly #reads = new SessionReads()

  constructor({ table, policy, journal, versions, events }: VfsParts) {
    this.#table = table
    this.#events = events
    this.#targets = new Targets(table, policy)
    this.#reading = new Reading(this.#targets)
    this.#folders = new Folders(this.#targets)
    this.#changes = new Changes(new Steps(journal, events, this.#reads), versions)
    this.#versions = new Versions(this.#targets, journal, versions)
    this.#undo = new Undo(this.#targets, this.#changes, this.#versions)
    const { takeBack, takeBackOne } = this.#undo
    const around = { changes: this.#changes, targets: this.#targets, folders: this.#folders, takeBack, takeBackOne }
    this.copies = new StoredCopies(around)
    this.#mirrors = new Mirrors({ ...around, reading: this.#reading })
    this.#merges = new Merges({ ...around, reading: this.#reading })
    this.#transfers = new Transfers({
      ...around,
      reading: this.#reading,
      walk: (path, { actor, signal }, leftOut) =>
        this.#reading.walk(path, { actor, signal, ignored: true, onSpecial: leftOut?.onSpecial, onPathless: leftOut?.onPathless }),
    })
  }

  stat(path: VfsPath, call: VfsCall): Promise<PathStat> {
    return this.#reading.naming(path, call, () => this.#reading.stat(path, call))
  }

  list(path: VfsPath, options: VfsCall & ListOptions): AsyncIterable<Entry> {
    return this.#reading.listNaming(path, options)
  }

  walk(path: VfsPath, options: WalkOptions): AsyncIterable<Walked> {
    return this.#reading.walk(path, options)
  }

  requireFinite(path: VfsPath, call: VfsCall): Promise<void> {
    return this.#reading.requireFinite(path, call)
  }

  places(path: VfsPath, call: VfsCall): Promise<readonly Place[]> {
    return this.#reading.places(path, call)
  }

  inThread(paths: readonly VfsPath[]): Promise<ThreadPlaces | undefined> {
    return this.#reading.inThread(paths)
  }

  async open(path: VfsPath, call: OpenCall): Promise<OpenFile> {
    const file = await this.#reading.naming(path, call, () => this.#reading.open(path, call))
    if (call.toChange) await this.#mayChange(path, file, call, call.toChange)
    else if (call.actor.session !== undefined) this.#reads.saw(call.actor, await this.#reading.place(path, call), file.stat.etag)
    return file
  }

  async #mayChange(path: VfsPath, { stat }: OpenFile, { actor, signal }: VfsCall, { ifMatch }: Pick<Precondition, 'ifMatch'>): Promise<void> {
    const target = await this.#targets.writable('write', path, signal)
    await expect('write', target, stat, { ifMatch, seen: this.#reads.seen(actor, target.place) }, signal)
  }

  /** A folder on its way may go while it waits for its turn: then it is made anew. */
  write(path: VfsPath, content: Bytes | Uint8Array, call: WriteCall): Promise<Changed> {
    return this.#reading.naming(path, call, async () => {
      for (let attempt = 1; ; attempt++) {
        try {
          return await this.#write(path, content, call)
        } catch (cause) {
          if (!isCode(cause, 'NOT_FOUND') || !(await this.#lacksFolder(path, call.signal))) throw cause
          if (call.parents !== true) throw noFolder('write', path, cause)
          if (!(content instanceof Uint8Array) || attempt === TRIES)
            throw new VfsError('BUSY', `the folder of ${path} was removed while the call waited for its turn`, { op: 'write', path, cause })
        }
      }
    })
  }

  async graft(path: VfsPath, cid: string, call: VfsCall & Precondition & { readonly parents?: boolean | undefined }): Promise<Changed> {
    const { actor, signal, ifMatch, ifNoneMatch } = call
    const target = await this.#targets.writable('write', path, signal)
    if (!target.mount.backend.capabilities.by_cid)
      throw new VfsError('UNSUPPORTED', `${path} does not lie in a storage that takes content by its CID`, { op: 'write', path })
    const parents = call.parents ? await this.#folders.missingAbove(target, signal) : []
    const wish = { ifMatch, ifNoneMatch, parents, seen: this.#reads.seen(actor, target.place) }
    const changed = await target.mount.use(() => this.#changes.graft(target, cid, { actor, signal }, wish))
    if (changed.stat?.kind === 'file') this.#reads.saw(actor, target.place, changed.stat.etag)
    return changed
  }

  async mkdir(path: VfsPath, call: VfsCall & { readonly parents?: boolean | undefined }): Promise<Changed> {
    const { actor, signal } = call
    if (this.#table.at(path)) return { change: null, stat: await this.#reading.stat(path, call), cas: 'weak', bytes: 0 }
    const target = await this.#targets.writable('mkdir', path, signal)
    const standing = await statOrNull(target, signal)
    if (standing?.kind === 'directory') return { change: null, stat: standing, cas: target.mount.backend.capabilities.cas, bytes: 0 }
    if (standing) throw new VfsError('ALREADY_EXISTS', `${path} is a file`, { op: 'mkdir', path })
    const parents = await this.#folders.missingAbove(target, signal)
    if (parents.length > 0 && call.parents !== true) throw noFolder('mkdir', path)
    return this.#reading.naming(path, call, () => target.mount.use(() => this.#changes.mkdir(target, { actor, signal }, { parents })))
  }

  remove(path: VfsPath, call: RemoveCall): Promise<Changed> {
    const { actor, signal, ifMatch } = call
    return this.#reading.naming(path, call, async () => {
      const target = await this.#targets.named('remove', path, signal)
      const { kind } = await target.mount.backend.stat(target.inner, { signal })
      const whole = (): Promise<void> => this.#folders.requireWhole('remove', target, { recursive: call.recursive === true, signal })
      const folder = kind === 'directory' && !target.link
      if (call.folder && !folder) throw notFolder(path, target.link ? 'link' : kind)
      if (folder) await whole()
      const parts = folder && call.recursive === true && !takesWhole(target)
      if (parts) return target.mount.use(() => removeTree(this.#changes, this.#undo.takeBack, target, { actor, signal }))
      const seen = kind === 'file' && !target.link ? this.#reads.seen(actor, target.place) : undefined
      return target.mount.use(() => this.#changes.remove(target, { actor, signal }, { ifMatch, seen }, folder && !call.recursive ? whole : undefined))
    })
  }

  copy(from: VfsPath, to: VfsPath, call: TransferCall): Promise<Changed> {
    return this.#reading.naming(from, call, () => this.#transfers.copy(from, to, call))
  }

  move(from: VfsPath, to: VfsPath, call: TransferCall): Promise<Changed> {
    return this.#reading.naming(from, call, () => this.#transfers.move(from, to, call))
  }

  copyInto(from: VfsPath, to: VfsPath, call: CopyIntoCall): Promise<CopiedInto> {
    return this.#reading.naming(from, call, () => this.#merges.copyInto(from, to, call))
  }

  mirror(from: VfsPath, to: VfsPath, call: MirrorCall): Promise<Mirrored> {
    return this.#reading.naming(from, call, () => this.#mirrors.mirror(from, to, call))
  }

  history(path: VfsPath, call: VfsCall & { readonly before?: number | undefined; readonly limit: number }): Promise<ChangeRecord[]> {
    return this.#versions.history(path, call)
  }

  version(path: VfsPath, change: ChangeId, call: VfsCall & { readonly replaced?: boolean | undefined }): Promise<Version> {
    return this.#versions.version(path, change, call)
  }

  async restore(path: VfsPath, change: ChangeId, { onProgress, ...call }: RestoreCall): Promise<Changed> {
    const version = await this.version(path, change, call)
    const { mode, metadata, headers, size } = version
    const content = counted(version.read(), (bytes) => onProgress?.(bytes, size))
    return this.write(path, content, { actor: call.actor, signal: call.signal, ifMatch: call.ifMatch, mode, metadata, headers, parents: true })
  }

  undo(query: UndoQuery, call: UndoCall): Promise<Undone> {
    return this.#undo.undo(query, call)
  }

  /** For recovery: a change of several parts whose process died between them. */
  takeBack({ change, actor }: ChangeRecord): ReturnType<TakeBack> {
    return this.#undo.takeBack(change, { actor, parent: change })
  }

  async mount(spec: MountSpec): Promise<MountInfo> {
    this.#targets.policy.check('mount', spec.path)
    const mount = this.#table.add({ ...spec, readOnly: spec.readOnly === true || (await this.#targets.isReadOnly(spec)) })
    this.#events.emit('mounts', { path: spec.path, mounted: true })
    return describeMount(mount)
  }

  async unmount(path: VfsPath, options: { readonly force?: boolean | undefined } = {}): Promise<void> {
    this.#table.remove(path, options.force === true)
    this.#events.emit('mounts', { path, mounted: false })
  }

  async reach(spec: Pick<MountSpec, 'path' | 'name' | 'backend'>, inner: VfsPath): Promise<VfsPath> {
    const whole = (): Mount | undefined => [...this.#table.all()].find(({ storage, root }) => storage === spec.backend && root === ROOT)
    const readOnly = await this.#targets.isReadOnly(spec)
    if (!whole()) {
      this.#table.add({ ...spec, readOnly })
      this.#events.emit('mounts', { path: spec.path, mounted: true })
    }
    const mount = whole()
    const path = mount?.outer(inner)
    if (mount && path !== undefined && this.#table.find(path) === mount) return path
    throw new VfsError('INVALID_ARGUMENT', `another mount stands above ${inner} of ${spec.name}`, { op: 'mount', hint: 'Use its path with the vfs_* tools.' })
  }

  mounts(): Promise<MountInfo[]> {
    return Promise.all([...this.#table.all()].map(describeMount))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#changes.journal.settled()
  }

  async #lacksFolder(path: VfsPath, signal: AbortSignal | undefined): Promise<boolean> {
    const target = await this.#targets.writable('write', path, signal)
    return (await this.#folders.missingAbove(target, signal)).length > 0
  }

  async #write(path: VfsPath, content: Bytes | Uint8Array, call: WriteCall): Promise<Changed> {
    const target = await this.#targets.writable('write', path, call.signal)
    const source = content instanceof Uint8Array ? bytesOf(content) : content
    const parents = call.parents ? await this.#folders.missingAbove(target, call.signal) : []
    const { ifMatch, ifNoneMatch, append, mode, metadata, headers, actor, signal } = call
    const wish = { ifMatch, ifNoneMatch, append, newMode: mode, metadata, headers, parents, seen: this.#reads.seen(actor, target.place) }
    const changed = await target.mount.use(() => this.#changes.write(target, source, { actor, signal }, wish))
    if (changed.stat) this.#reads.saw(actor, target.place, changed.stat.etag)
    return changed
  }
}

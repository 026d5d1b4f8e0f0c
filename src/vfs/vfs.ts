import type { Bytes, Entry, ListOptions, Range, Stat } from '../core/backend.ts'
import { READ_ONLY } from '../core/base.ts'
import { bytesOf } from '../core/bytes.ts'
import { isCode, throwIfAborted, VfsError } from '../core/error.ts'
import type { EventBus } from '../core/events.ts'
import { join, parent, ROOT, type VfsPath } from '../core/path.ts'
import type { ChangeId, ChangeRecord, Journal, TakeBack, VersionStore } from '../journal/types.ts'
import { Changes } from './change.ts'
import { ignoreRulesOf } from './ignoring.ts'
import { withMounts } from './listing.ts'
import { describeMount } from './health.ts'
import type { MountTable } from './mounts.ts'
import { namingNearest } from './nearest.ts'
import type { Policy } from './policy.ts'
import { SessionReads } from './reads.ts'
import { Steps } from './step.ts'
import { statOrNull, Targets, type Target } from './target.ts'
import { Transfers } from './transfer.ts'
import type {
  Changed,
  MountInfo,
  MountSpec,
  OpenFile,
  PathStat,
  TransferCall,
  Undone,
  UndoQuery,
  Version,
  Vfs,
  VfsCall,
  Walked,
  WalkOptions,
  WriteCall,
} from './types.ts'
import { Undo } from './undo.ts'
import { Versions } from './versions.ts'
import { walk } from './walk.ts'

export interface VfsParts {
  readonly table: MountTable
  readonly policy: Policy
  readonly journal: Journal
  readonly versions: VersionStore
  readonly events: EventBus
}

/** The mounts as one tree: resolves each path, applies the rules, and hands the work to the room that does it. */
export class MountedVfs implements Vfs {
  readonly #table: MountTable
  readonly #policy: Policy
  readonly #targets: Targets
  readonly #changes: Changes
  readonly #transfers: Transfers
  readonly #undo: Undo
  readonly #versions: Versions
  readonly #events: EventBus
  readonly #reads = new SessionReads()

  constructor({ table, policy, journal, versions, events }: VfsParts) {
    this.#table = table
    this.#policy = policy
    this.#events = events
    this.#targets = new Targets(table, policy)
    this.#changes = new Changes(new Steps(journal, events), versions)
    this.#versions = new Versions(this.#targets, table, journal, versions)
    this.#undo = new Undo(this.#targets, table, this.#changes, this.#versions)
    this.#transfers = new Transfers({
      changes: this.#changes,
      targets: this.#targets,
      table,
      takeBack: this.#undo.takeBack,
      walk: (path, call) => this.walk(path, { ...call, ignored: true }),
      whole: (op, path, call) => this.#whole(op, path, call),
      missingParents: (target, signal) => this.#missingParents(target, signal),
    })
  }

  /** For the journal's recovery: takes back what a dead process had done of a change of several parts. */
  readonly takeBack: TakeBack = ({ change, actor }) => this.#undo.takeBack(change, { actor, parent: change })

  stat(path: VfsPath, call: VfsCall): Promise<PathStat> {
    return this.#nearest(path, call, () => this.#stat(path, call))
  }

  async *list(path: VfsPath, options: VfsCall & ListOptions): AsyncIterable<Entry> {
    const mounts = this.#table.childrenOf(path).filter((name) => options.after === undefined || name > options.after)
    for await (const entry of withMounts(this.#own(path, options), mounts, mountEntry)) if (!this.#policy.denies(join(path, entry.name))) yield entry
  }

  walk(path: VfsPath, options: WalkOptions): AsyncIterable<Walked> {
    const call = { actor: options.actor, signal: options.signal }
    const list = (folder: VfsPath, details: boolean): AsyncIterable<Entry> => this.list(folder, { ...call, details })
    const files = { stat: (at: VfsPath) => this.#stat(at, call), open: (at: VfsPath) => this.#open(at, call) }
    return walk({ list, rules: ignoreRulesOf(files, call, this.#table.find(path)?.path ?? ROOT) }, path, options)
  }

  async open(path: VfsPath, call: VfsCall): Promise<OpenFile> {
    const file = await this.#nearest(path, call, () => this.#open(path, call))
    this.#reads.saw(call.actor, path, file.stat.etag)
    return file
  }

  async write(path: VfsPath, content: Bytes | Uint8Array, call: WriteCall): Promise<Changed> {
    const target = await this.#targets.writable('write', path, call.signal)
    const source = content instanceof Uint8Array ? bytesOf(content) : content
    const parents = call.parents ? await this.#missingParents(target, call.signal) : []
    const { ifMatch, ifNoneMatch, actor, signal } = call
    const changed = await target.mount.use(() =>
      this.#changes.write(target, source, { actor, signal }, { ifMatch, ifNoneMatch, seen: this.#reads.seen(actor, path), append: call.append, parents }),
    )
    if (changed.stat) this.#reads.saw(actor, path, changed.stat.etag)
    return changed
  }

  async mkdir(path: VfsPath, call: VfsCall & { readonly parents?: boolean | undefined }): Promise<Changed> {
    const target = await this.#targets.writable('mkdir', path, call.signal)
    const standing = await statOrNull(target, call.signal)
    if (standing?.kind === 'directory') return { change: null, stat: standing, cas: target.mount.backend.capabilities.cas, bytes: 0 }
    if (standing) throw new VfsError('ALREADY_EXISTS', `${path} is a file`, { op: 'mkdir', path })
    const parents = call.parents ? await this.#missingParents(target, call.signal) : []
    return this.#nearest(path, call, () => target.mount.use(() => this.#changes.mkdir(target, call, parents)))
  }

  async remove(path: VfsPath, call: VfsCall & { readonly recursive?: boolean | undefined; readonly ifMatch?: string | undefined }): Promise<Changed> {
    return this.#nearest(path, call, async () => {
      const target = await this.#targets.writable('remove', path, call.signal)
      const stat = await target.mount.backend.stat(target.inner, { signal: call.signal })
      if (stat.kind === 'directory') await this.#mayRemoveFolder(path, call)
      return target.mount.use(() =>
        this.#changes.remove(target, call, { ifMatch: call.ifMatch, seen: stat.kind === 'file' ? this.#reads.seen(call.actor, path) : undefined }),
      )
    })
  }

  copy(from: VfsPath, to: VfsPath, call: TransferCall): Promise<Changed> {
    return this.#nearest(from, call, () => this.#transfers.copy(from, to, call))
  }

  move(from: VfsPath, to: VfsPath, call: TransferCall): Promise<Changed> {
    return this.#nearest(from, call, () => this.#transfers.move(from, to, call))
  }

  history(path: VfsPath, call: VfsCall & { readonly before?: number | undefined; readonly limit: number }): Promise<ChangeRecord[]> {
    return this.#versions.history(path, call)
  }

  version(path: VfsPath, change: ChangeId, call: VfsCall & { readonly replaced?: boolean | undefined }): Promise<Version> {
    return this.#versions.version(path, change, call)
  }

  async restore(path: VfsPath, change: ChangeId, call: VfsCall & { readonly ifMatch?: string | undefined }): Promise<Changed> {
    const version = await this.version(path, change, call)
    return this.write(path, version.read(), { actor: call.actor, signal: call.signal, ifMatch: call.ifMatch, parents: true })
  }

  undo(query: UndoQuery, call: VfsCall): Promise<Undone> {
    return this.#undo.undo(query, call)
  }

  async mount(spec: MountSpec): Promise<MountInfo> {
    const mount = this.#table.add(spec)
    this.#events.emit('mounts', { path: spec.path, mounted: true })
    return describeMount(mount)
  }

  async unmount(path: VfsPath, options: { readonly force?: boolean | undefined } = {}): Promise<void> {
    const mount = this.#table.remove(path, options.force === true)
    this.#events.emit('mounts', { path, mounted: false })
    if (mount.owned) await mount.backend[Symbol.asyncDispose]()
  }

  mounts(): Promise<MountInfo[]> {
    return Promise.all([...this.#table.all()].map(describeMount))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#changes.journal.settled()
    for (const mount of this.#table.all()) if (mount.owned) await mount.backend[Symbol.asyncDispose]()
  }

  async #stat(path: VfsPath, call: VfsCall): Promise<PathStat> {
    if (this.#isSynthetic(path)) return { kind: 'directory', size: 0, modified: new Date(0), etag: 'mounts', path, mount: null, capabilities: READ_ONLY }
    const { mount, inner } = await this.#targets.readable('stat', path, call.signal)
    const stat = await mount.use(() => mount.backend.stat(inner, call))
    return { ...stat, path, mount: mount.path, capabilities: mount.backend.capabilities }
  }

  async #open(path: VfsPath, call: VfsCall): Promise<OpenFile> {
    const stat = await this.#stat(path, call)
    if (stat.kind === 'directory') throw new VfsError('IS_DIRECTORY', `${path} is a folder`, { op: 'read', path })
    const { mount, inner } = await this.#targets.readable('read', path, call.signal)
    return { stat, read: (range: Range = {}) => mount.stream(mount.backend.read(inner, { ...range, ifMatch: stat.etag, signal: call.signal })) }
  }

  /** A folder above mounts that no backend has. */
  #isSynthetic(path: VfsPath): boolean {
    return this.#table.find(path) === undefined && (path === '/' || this.#table.hasBelow(path))
  }

  async *#own(path: VfsPath, options: VfsCall & ListOptions): AsyncIterable<Entry> {
    if (this.#isSynthetic(path)) return
    const { mount, inner } = await this.#nearest(path, options, () => this.#targets.readable('list', path, options.signal))
    try {
      yield* mount.stream(mount.backend.list(inner, { after: options.after, details: options.details, signal: options.signal }))
    } catch (error) {
      if (isCode(error, 'NOT_FOUND')) throw await namingNearest(error, path, (folder) => this.list(folder, { actor: options.actor }))
      throw error
    }
  }

  async #nearest<T>(path: VfsPath, call: VfsCall, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (!isCode(error, 'NOT_FOUND')) throw error
      throw await namingNearest(error, path, (folder) => this.list(folder, { actor: call.actor, signal: call.signal }))
    }
  }

  /** The folders that must be made first, the outermost first. */
  async #missingParents({ mount, place }: Target, signal: AbortSignal | undefined): Promise<Target[]> {
    const missing: Target[] = []
    for (let path = parent(place.shown); path !== mount.path && path !== '/'; path = parent(path)) {
      const target = await this.#targets.writable('mkdir', path, signal)
      const standing = await statOrNull(target, signal)
      if (standing?.kind === 'directory') break
      if (standing) throw new VfsError('NOT_DIRECTORY', `${path} is a file`, { op: 'mkdir', path })
      missing.unshift(target)
    }
    return missing
  }

  async #mayRemoveFolder(path: VfsPath, call: VfsCall & { readonly recursive?: boolean | undefined }): Promise<void> {
    await this.#whole('remove', path, call)
    if (call.recursive) return
    for await (const _ of this.list(path, { actor: call.actor, signal: call.signal }))
      throw new VfsError('NOT_EMPTY', `${path} is not empty`, { op: 'remove', path })
  }

  async #whole(op: string, path: VfsPath, call: VfsCall): Promise<void> {
    if (this.#table.hasBelow(path)) throw new VfsError('MOUNT_INSIDE', `another mount lies below ${path}`, { op, path })
    if (!this.#policy.hides) return
    for await (const found of this.#unfiltered(path)) {
      throwIfAborted(call.signal, op)
      if (this.#policy.denies(found)) throw new VfsError('DENIED', `a rule of the configuration protects something below ${path}`, { op, path })
    }
  }

  async *#unfiltered(path: VfsPath): AsyncIterable<VfsPath> {
    const mount = this.#targets.mountOf('walk', path)
    for await (const entry of mount.backend.list(mount.inner(path))) {
      const child = join(path, entry.name)
      yield child
      if (entry.kind === 'directory') yield* this.#unfiltered(child)
    }
  }
}

const mountEntry = (name: string): Entry => ({ name, kind: 'directory', size: 0, modified: new Date(0), etag: 'mounts' }) satisfies Entry & Partial<Stat>

import type { Bytes, Entry, Glance, ListOptions, Range } from '../core/backend.ts'
import { READ_ONLY } from '../core/base.ts'
import { bytesOf } from '../core/bytes.ts'
import { isCode, throwIfAborted, VfsError } from '../core/error.ts'
import { compareNames, join, ROOT, type VfsPath, within } from '../core/path.ts'
import { mapped, opening, relay } from '../core/stream.ts'
import { NO_TIME } from '../core/times.ts'
import { Pauses } from '../core/unhurried.ts'
import type { Place } from '../journal/types.ts'
import { requireFinite } from './finite.ts'
import { ignoreRulesOf } from './ignoring.ts'
import { withMounts } from './listing.ts'
import type { Mount } from './mounts.ts'
import { namingNearest } from './nearest.ts'
import { orNull, type Targets } from './target.ts'
import type { OpenFile, PathStat, ThreadPlaces, VfsCall, Walked, WalkOptions } from './types.ts'
import { type Tree, walk } from './walk.ts'

/** Up to this size a file's content comes with its stat: to open it a second time would take longer. */
const SMALL = 64 * 1024

/** The mounts as one tree, for whoever looks at it: what a rule hides is not there. */
export class Reading {
  readonly #targets: Targets
  readonly #pauses = new Pauses()

  constructor(targets: Targets) {
    this.#targets = targets
  }

  async stat(path: VfsPath, { signal }: VfsCall): Promise<PathStat> {
    if (this.#isSynthetic(path)) return { ...SYNTHETIC, path }
    const { mount, inner } = await this.#targets.readable('stat', path, signal)
    return shown(path, mount, await mount.use(() => mount.backend.stat(inner, { signal })))
  }

  async open(path: VfsPath, { signal }: VfsCall): Promise<OpenFile> {
    if (this.#isSynthetic(path)) throw isFolder(path)
    const { mount, inner } = await this.#targets.readable('read', path, signal)
    const { stat, content } = await mount.use(() => mount.backend.glance(inner, { atMost: SMALL, signal }))
    if (stat.kind === 'directory') throw isFolder(path)
    const later = (range: Range): Bytes => mount.stream(mount.backend.read(inner, { ...range, ifMatch: stat.etag, cid: stat.cid, signal }))
    return { stat: shown(path, mount, stat), read: (range = {}) => (content ? part(content, range) : later(range)) }
  }

  /** Where no link is followed, names are all there is to check; but another mount may show the same file by another name. */
  async inThread(paths: readonly VfsPath[]): Promise<ThreadPlaces | undefined> {
    const { table, policy } = this.#targets
    const [mount, ...others] = new Set(paths.map((path) => table.find(path)))
    const access = others.length === 0 ? mount?.backend.threads : undefined
    if (!mount || !access) return undefined
    if (policy.hides && (paths.some((path) => policy.denies(path)) || (await table.overlaps(mount)))) return undefined
    return { access, paths: paths.map((path) => mount.inner(path)) }
  }

  /** Where it stands in its storage, links resolved. */
  async place(path: VfsPath, { signal }: VfsCall): Promise<Place> {
    const { mount, inner } = await this.#targets.readable('stat', path, signal)
    return { volume: mount.backend.volume, inner: await mount.backend.locate(inner, { signal }), shown: path }
  }

  async places(path: VfsPath, call: VfsCall): Promise<readonly Place[]> {
    const { table, policy } = this.#targets
    const tops = [...table.all()].map((mount) => mount.path).filter((top) => top !== path && within(path, top) && !policy.denies(top))
    const paths = this.#isSynthetic(path) ? tops : [path, ...tops]
    return Promise.all(paths.toSorted(compareNames).map((at) => this.place(at, call)))
  }

  list(path: VfsPath, options: VfsCall & ListOptions): AsyncIterable<Entry> {
    const { after, onSpecial } = options
    const { table, policy } = this.#targets
    const mounts = table.childrenOf(path).filter((name) => (after === undefined || compareNames(name, after) > 0) && !policy.denies(join(path, name)))
    const unmounted = onSpecial && ((name: string): void => (mounts.includes(name) ? undefined : onSpecial(name)))
    const entries = this.#isSynthetic(path) ? nothing() : opening(() => this.#ofBackend(path, { ...options, onSpecial: unmounted }))
    return mounts.length === 0 ? entries : withMounts(entries, mounts)
  }

  /** The same; its NOT_FOUND names what is nearest. */
  listNaming(path: VfsPath, options: VfsCall & ListOptions): AsyncIterable<Entry> {
    return relay(this.list(path, options), () => ({ failed: (error) => this.#named(error, path, options) }))
  }

  walk(path: VfsPath, options: WalkOptions): AsyncIterable<Walked> {
    const call = { actor: options.actor, signal: options.signal }
    const list: Tree['list'] = (folder, listing) => this.list(folder, { ...call, ...listing })
    return walk({ list, rules: ignoreRulesOf(this, call, this.#targets.table.find(path)?.path ?? ROOT) }, path, options)
  }

  /** Before all of a folder is taken. Rejects INVALID_PATH for one by CID that has no end. */
  async requireFinite(path: VfsPath, { actor, signal }: VfsCall): Promise<void> {
    if (!this.#targets.table.find(path)?.backend.capabilities.by_cid) return
    await requireFinite((folder) => this.list(folder, { actor, signal }), path)
  }

  /** Runs work on a path; its NOT_FOUND then names what is nearest. */
  async naming<T>(path: VfsPath, call: VfsCall, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw await this.#named(error, path, call)
    }
  }

  async #named(error: unknown, path: VfsPath, { actor, signal }: VfsCall): Promise<unknown> {
    if (!isCode(error, 'NOT_FOUND')) return error
    const rootless = await this.#rootless(path, error, signal)
    if (rootless || error.path !== path) return rootless ?? error
    return namingNearest(error, path, (folder) => this.list(folder, { actor, signal }))
  }

  /** What is told of everything below a mount whose own folder is missing. */
  async #rootless(path: VfsPath, cause: VfsError, signal: AbortSignal | undefined): Promise<VfsError | undefined> {
    const mount = this.#targets.table.find(path)
    if (!mount || mount.root === ROOT || (await orNull(() => mount.backend.stat(mount.root, { signal })))) return undefined
    return new VfsError('NOT_FOUND', `${mount.path} shows a folder of the storage ${mount.name} that does not exist`, {
      op: cause.op,
      path: mount.path,
      cause,
      hint: 'It is to be made in that storage, where another mount shows it, or by a person.',
    })
  }

  async #ofBackend(path: VfsPath, { after, details, onSpecial, onPathless, signal }: VfsCall & ListOptions): Promise<AsyncIterable<Entry>> {
    await this.#pauses.between() // a walk through folders that are all at hand may take minutes, and could not even be cancelled
    throwIfAborted(signal, 'list')
    const { mount, inner } = await this.#targets.readable('list', path, signal)
    const { policy } = this.#targets
    const faces = policy.hides ? (await this.#targets.faces(path, signal)).filter((face) => !policy.isClear(face)) : []
    const hides = (name: string): boolean => faces.some((face) => policy.denies(join(face, name)))
    const unhidden = onSpecial && ((name: string): void => (hides(name) ? undefined : onSpecial(name)))
    const entries = mount.stream(mount.backend.list(inner, { after, details, onSpecial: unhidden, onPathless, signal }))
    return faces.length > 0 ? mapped(entries, (entry) => (hides(entry.name) ? undefined : entry)) : entries
  }

  /** A folder above mounts that no backend has. */
  #isSynthetic(path: VfsPath): boolean {
    const { table } = this.#targets
    return table.find(path) === undefined && (path === '/' || table.hasBelow(path))
  }
}

const SYNTHETIC = { kind: 'directory', size: 0, modified: NO_TIME, etag: 'mounts', mount: null, capabilities: READ_ONLY } as const

const shown = (path: VfsPath, mount: Mount, stat: Glance['stat']): PathStat => ({ ...stat, path, mount: mount.path, capabilities: mount.backend.capabilities })

const isFolder = (path: VfsPath): VfsError => new VfsError('IS_DIRECTORY', `${path} is a folder`, { op: 'read', path })

function part(content: Uint8Array, { offset = 0, length = Infinity }: Range): Bytes {
  return offset >= content.length || length <= 0 ? nothing() : bytesOf(content.subarray(offset, Math.min(offset + length, content.length)))
}

async function* nothing(): AsyncGenerator<never> {}

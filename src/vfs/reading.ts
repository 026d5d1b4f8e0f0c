import type { Entry, ListOptions, Range } from '../core/backend.ts'
import { READ_ONLY } from '../core/base.ts'
import { isCode, VfsError } from '../core/error.ts'
import { compareNames, join, ROOT, type VfsPath } from '../core/path.ts'
import { ignoreRulesOf } from './ignoring.ts'
import { withMounts } from './listing.ts'
import type { MountTable } from './mounts.ts'
import { namingNearest } from './nearest.ts'
import type { Policy } from './policy.ts'
import type { Targets } from './target.ts'
import type { OpenFile, PathStat, ThreadPlaces, VfsCall, Walked, WalkOptions } from './types.ts'
import { walk } from './walk.ts'

/** The mounts as one tree, for whoever looks at it: what a rule hides is not there. */
export class Reading {
  readonly #table: MountTable
  readonly #policy: Policy
  readonly #targets: Targets

  constructor(table: MountTable, policy: Policy, targets: Targets) {
    this.#table = table
    this.#policy = policy
    this.#targets = targets
  }

  async stat(path: VfsPath, { signal }: VfsCall): Promise<PathStat> {
    if (this.#isSynthetic(path)) return { ...SYNTHETIC, path, mount: null, capabilities: READ_ONLY }
    const { mount, inner } = await this.#targets.readable('stat', path, signal)
    const stat = await mount.use(() => mount.backend.stat(inner, { signal }))
    return { ...stat, path, mount: mount.path, capabilities: mount.backend.capabilities }
  }

  async open(path: VfsPath, call: VfsCall): Promise<OpenFile> {
    const stat = await this.stat(path, call)
    if (stat.kind === 'directory') throw new VfsError('IS_DIRECTORY', `${path} is a folder`, { op: 'read', path })
    const { mount, inner } = await this.#targets.readable('read', path, call.signal)
    return { stat, read: (range: Range = {}) => mount.stream(mount.backend.read(inner, { ...range, ifMatch: stat.etag, signal: call.signal })) }
  }

  /** Where no link is followed, names are all there is to check; but another mount may show the same file by another name. */
  async inThread(paths: readonly VfsPath[]): Promise<ThreadPlaces | undefined> {
    const [mount, ...others] = new Set(paths.map((path) => this.#table.find(path)))
    const access = others.length === 0 ? mount?.backend.threads : undefined
    if (!mount || !access) return undefined
    if (this.#policy.hides && (paths.some((path) => this.#policy.denies(path)) || (await this.#table.overlaps(mount)))) return undefined
    return { access, paths: paths.map((path) => mount.inner(path)) }
  }

  list(path: VfsPath, options: VfsCall & ListOptions): AsyncIterable<Entry> {
    const { after } = options
    const mounts = this.#table
      .childrenOf(path)
      .filter((name) => (after === undefined || compareNames(name, after) > 0) && !this.#policy.denies(join(path, name)))
    const entries = this.#ofBackend(path, options)
    return mounts.length === 0 ? entries : withMounts(entries, mounts)
  }

  walk(path: VfsPath, options: WalkOptions): AsyncIterable<Walked> {
    const call = { actor: options.actor, signal: options.signal }
    const list = (folder: VfsPath, details: boolean): AsyncIterable<Entry> => this.list(folder, { ...call, details })
    return walk({ list, rules: ignoreRulesOf(this, call, this.#table.find(path)?.path ?? ROOT) }, path, options)
  }

  /** Runs work on a path; its NOT_FOUND then names what is nearest. */
  async naming<T>(path: VfsPath, { actor, signal }: VfsCall, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (!isCode(error, 'NOT_FOUND')) throw error
      throw await namingNearest(error, path, (folder) => this.list(folder, { actor, signal }))
    }
  }

  async *#ofBackend(path: VfsPath, { after, details, signal }: VfsCall & ListOptions): AsyncIterable<Entry> {
    if (this.#isSynthetic(path)) return
    const { mount, inner } = await this.#targets.readable('list', path, signal)
    const faces = this.#policy.hides ? await this.#targets.faces(path, signal) : []
    for await (const entry of mount.stream(mount.backend.list(inner, { after, details, signal })))
      if (!faces.some((face) => this.#policy.denies(join(face, entry.name)))) yield entry
  }

  /** A folder above mounts that no backend has. */
  #isSynthetic(path: VfsPath): boolean {
    return this.#table.find(path) === undefined && (path === '/' || this.#table.hasBelow(path))
  }
}

const SYNTHETIC = { kind: 'directory', size: 0, modified: new Date(0), etag: 'mounts' } as const

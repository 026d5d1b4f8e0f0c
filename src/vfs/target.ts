import type { About, Backend, LocateOptions, Stat } from '../core/backend.ts'
import { isCode, VfsError } from '../core/error.ts'
import { ROOT, type VfsPath, within } from '../core/path.ts'
import type { Place, Snapshot } from '../journal/types.ts'
import type { Face, Mount, MountTable } from './mounts.ts'
import type { Policy } from './policy.ts'
import type { MountSpec } from './types.ts'

/** A path that may be changed: where it leads, and the key under which the journal knows it. */
export interface Target {
  readonly mount: Mount
  /** The backend's own path. */
  readonly inner: VfsPath
  readonly place: Place
  /** A symbolic link stands at this name, and is meant itself. */
  readonly link?: boolean | undefined
}

/** Finds what serves a path, and applies the rules of every mount that shows the same file. */
export class Targets {
  readonly table: MountTable
  readonly policy: Policy

  constructor(table: MountTable, policy: Policy) {
    this.table = table
    this.policy = policy
  }

  /** Rejects NOT_SERVED, DENIED. */
  mountOf(op: string, path: VfsPath): Mount {
    this.policy.check(op, path)
    const mount = this.table.find(path)
    if (!mount) throw notServed(op, path, this.table)
    return mount
  }

  /** For reading. A link may not lead to what a rule hides, so with rules the real place is looked at. */
  async readable(op: string, path: VfsPath, signal: AbortSignal | undefined): Promise<{ mount: Mount; inner: VfsPath }> {
    const mount = this.mountOf(op, path)
    const inner = mount.inner(path)
    for (const face of await this.#faces(mount, inner, signal)) this.policy.check(op, path, face)
    if (mount.root !== ROOT) requireInside(op, path, mount, await located(mount, inner, signal))
    return { mount, inner }
  }

  /** Paths under which rules may hide what lies in this folder: its own, and those of the same place under other mounts or behind a link. */
  async faces(path: VfsPath, signal: AbortSignal | undefined): Promise<VfsPath[]> {
    const mount = this.table.find(path)
    return mount ? [path, ...(await this.#faces(mount, mount.inner(path), signal))] : [path]
  }

  /** Where a place of the journal is shown now, by the name that it was known by if that still leads there; undefined where no mount shows it, or a rule hides it. */
  shown({ volume, inner, shown: known }: Place): VfsPath | undefined {
    const faces = this.table.showing(volume, inner).map(({ path }) => path)
    return faces.some((face) => this.policy.denies(face)) ? undefined : (faces.find((face) => face === known) ?? faces[0])
  }

  /** For changing content. Rejects READ_ONLY, also where another mount of the same file says so. */
  writable(op: string, path: VfsPath, signal: AbortSignal | undefined): Promise<Target> {
    return this.#changeable(op, path, { signal })
  }

  /** For changing what a folder holds, which can be all that is mounted. */
  container(op: string, path: VfsPath, options: LocateOptions): Promise<Target> {
    return this.#changeable(op, path, options, true)
  }

  /** For what is done to a name, such as removing it: a link there is not followed. */
  async named(op: string, path: VfsPath, signal: AbortSignal | undefined): Promise<Target> {
    const target = await this.#changeable(op, path, { signal, itself: true })
    return { ...target, link: await leadsAway(target, signal) }
  }

  async #changeable(op: string, path: VfsPath, options: LocateOptions, wholeMount = false): Promise<Target> {
    const mount = this.mountOf(op, path)
    if (this.policy.readOnly || mount.readOnly) throw readOnly(op, path, mount)
    if (mount.path === path && !wholeMount) throw new VfsError('INVALID_ARGUMENT', `${path} is a mount itself`, { op, path, hint: 'Name something below it.' })
    const inner = mount.inner(path)
    const place = { volume: mount.backend.volume, inner: await mount.backend.locate(inner, options), shown: path }
    requireInside(op, path, mount, place.inner)
    const [closest, ...others] = this.table.showing(place.volume, place.inner)
    if (closest?.mount.readOnly) throw readOnly(op, path, closest.mount)
    for (const shown of closest ? [closest, ...others] : []) this.policy.check(op, path, shown.path)
    return { ...actingThrough(closest, { mount, inner }, place.inner), place }
  }

  /** True if what a new mount would show may only be read where it is shown now: a tool cannot widen that by another name. */
  async isReadOnly({ backend, root = ROOT }: Pick<MountSpec, 'backend' | 'root'>): Promise<boolean> {
    const [closest] = this.table.showing(backend.volume, await backend.locate(root))
    return closest?.mount.readOnly === true
  }

  async #faces(mount: Mount, inner: VfsPath, signal: AbortSignal | undefined): Promise<VfsPath[]> {
    const place = this.policy.hides ? await located(mount, inner, signal) : undefined
    return place === undefined ? [] : this.table.showing(mount.backend.volume, place).map(({ path }) => path)
  }
}

/**
 * Two storages can be folders of one, each with a trash of its own: whatever name was used, a change goes by the one with the closer root,
 * which is asked for it afterwards. A root itself is made and removed from outside.
 */
function actingThrough(closest: Face | undefined, named: Pick<Target, 'mount' | 'inner'>, place: string): Pick<Target, 'mount' | 'inner'> {
  if (!closest || closest.mount.storage === named.mount.storage) return named
  const inner = closest.mount.inner(closest.path)
  const isCloser = inner !== ROOT && inner.length < (named.mount.backend.find(place)?.length ?? 0)
  return isCloser ? { mount: closest.mount, inner } : named
}

/** Undefined for what is not there: the operation itself says so. */
async function located({ backend }: Mount, inner: VfsPath, signal: AbortSignal | undefined): Promise<string | undefined> {
  try {
    return await backend.locate(inner, { signal })
  } catch (error) {
    if (isCode(error, 'NOT_FOUND', 'NOT_DIRECTORY')) return undefined
    throw error
  }
}

/** A mount can show a part of its storage: a link that the storage follows may yet lead out of that part. Rejects OUTSIDE_ROOT. */
function requireInside(op: string, path: VfsPath, mount: Mount, place: string | undefined): void {
  const inner = place === undefined || mount.root === ROOT ? mount.root : mount.backend.find(place)
  if (inner === undefined || !within(mount.root, inner))
    throw new VfsError('OUTSIDE_ROOT', `${path} leads out of the mounted folder by a link`, { op, path, backend: mount.name })
}

/** What is said beside a content, whole: that nothing is noted is a fact too. */
export const aboutOf = ({ metadata = {}, headers }: Stat, { capabilities }: Pick<Backend, 'capabilities'>): About =>
  capabilities.metadata ? { metadata, headers } : {}

export const snapshot = ({ kind, etag, size, cid, mode }: Stat): Snapshot => ({ kind, etag, size, cid, mode })

function notServed(op: string, path: VfsPath, table: MountTable): VfsError {
  const served = [...table.all()].map((mount) => mount.path)
  return new VfsError('NOT_SERVED', `${path} is not served; served folders: ${served.join(', ') || 'none'}`, { op, path, details: { served } })
}

const readOnly = (op: string, path: VfsPath, mount: Mount): VfsError => new VfsError('READ_ONLY', `${path} may only be read`, { op, path, backend: mount.name })

/** True for a link, wherever it leads. */
async function leadsAway({ mount, inner, place }: Target, signal: AbortSignal | undefined): Promise<boolean> {
  try {
    return (await mount.backend.locate(inner, { signal })) !== place.inner
  } catch (error) {
    if (isCode(error, 'OUTSIDE_ROOT', 'LINK_LOOP')) return true
    throw error
  }
}

/** null where nothing stands; a missing parent counts as that. */
export const statOrNull = ({ mount, inner }: Pick<Target, 'mount' | 'inner'>, signal?: AbortSignal): Promise<Stat | null> =>
  orNull(() => mount.backend.stat(inner, { signal }))

export async function orNull<T>(look: () => Promise<T>): Promise<T | null> {
  try {
    return await look()
  } catch (error) {
    if (isCode(error, 'NOT_FOUND', 'NOT_DIRECTORY')) return null
    throw error
  }
}

import type { Backend } from '../core/backend.ts'
import { VfsError } from '../core/error.ts'
import { ancestors, below, segments, under, within, type VfsPath } from '../core/path.ts'
import type { Volumes } from '../journal/types.ts'
import { relay } from '../core/stream.ts'
import { callersPaths } from '../layers/callers-paths.ts'
import { Meter, type Usage } from '../layers/meter.ts'
import { metrics } from '../layers/metrics.ts'
import type { MountSpec } from './types.ts'

/** One path prefix bound to a backend, and what is going on there. */
export class Mount {
  readonly path: VfsPath
  readonly name: string
  /** As it was given, and maybe to other mounts too. */
  readonly storage: Backend
  /** The same, measured, and with errors that tell paths of the VFS. */
  readonly backend: Backend
  readonly root: VfsPath
  readonly readOnly: boolean
  readonly versions: 'on' | 'off'
  readonly configured: boolean
  readonly #meter = new Meter()
  #running = 0

  constructor(spec: MountSpec) {
    this.path = spec.path
    this.name = spec.name
    this.storage = spec.backend
    this.backend = callersPaths(metrics(spec.backend, this.#meter), (inner) => this.outer(inner))
    this.root = spec.root ?? ('/' as VfsPath)
    this.readOnly = spec.readOnly === true || !spec.backend.capabilities.write
    this.versions = spec.versions ?? 'on'
    this.configured = spec.configured === true
  }

  /** The backend's own path of a VFS path below this mount. */
  inner(path: VfsPath): VfsPath {
    return under(this.root, below(this.path, path))
  }

  /** The VFS path of a backend's path, or undefined if it lies outside the mount's root. */
  outer(inner: VfsPath): VfsPath | undefined {
    return within(this.root, inner) ? under(this.path, below(this.root, inner)) : undefined
  }

  /** Callers that are at work here: longer than the calls of the storage that their work takes. */
  get running(): number {
    return this.#running
  }

  get usage(): Usage {
    return this.#meter.usage()
  }

  async use<T>(work: () => Promise<T>): Promise<T> {
    this.#running++
    try {
      return await work()
    } finally {
      this.#running--
    }
  }

  stream<T>(source: AsyncIterable<T>): AsyncIterable<T> {
    return relay(source, () => {
      this.#running++
      return { ended: () => void this.#running-- }
    })
  }
}

/** A path under which a mount shows something. */
export interface Face {
  readonly mount: Mount
  readonly path: VfsPath
}

/** Which mount serves a path: the one with the longest prefix. Folders above mounts exist without a backend. */
export class MountTable implements Volumes {
  readonly #mounts = new Map<VfsPath, Mount>()
  #changes = 0

  all(): IterableIterator<Mount> {
    return this.#mounts.values()
  }

  add(spec: MountSpec): Mount {
    if (this.#mounts.has(spec.path)) throw new VfsError('MOUNT_EXISTS', `${spec.path} is a mount already`, { op: 'mount', path: spec.path })
    const mount = new Mount(spec)
    this.#set(mount)
    return mount
  }

  /** Puts a mount in the place of another one; what runs on that one goes on there. */
  replace(spec: MountSpec): void {
    this.#set(new Mount(spec))
  }

  #set(mount: Mount): void {
    this.#mounts.set(mount.path, mount)
    this.#changes++
  }

  remove(path: VfsPath, force: boolean): Mount {
    const mount = this.#mounts.get(path)
    if (!mount) throw new VfsError('MOUNT_NOT_FOUND', `nothing is mounted at ${path}`, { op: 'unmount', path })
    if (mount.configured)
      throw new VfsError('DENIED', `${path} is mounted by the configuration`, { op: 'unmount', path, hint: 'Only a person can take it away.' })
    if (mount.running > 0 && !force) throw new VfsError('MOUNT_BUSY', `${mount.running} calls are running on ${path}`, { op: 'unmount', path })
    this.#mounts.delete(path)
    this.#changes++
    return mount
  }

  /** The mount at exactly this path. */
  at(path: VfsPath): Mount | undefined {
    return this.#mounts.get(path)
  }

  find(path: VfsPath): Mount | undefined {
    const own = this.#mounts.get(path)
    if (own) return own
    for (const folder of ancestors(path)) {
      const mount = this.#mounts.get(folder)
      if (mount) return mount
    }
    return undefined
  }

  /** Names right below a folder that lead to mounts: synthetic, whatever the backend above them holds. */
  childrenOf(folder: VfsPath): string[] {
    const names = new Set<string>()
    for (const path of this.#mounts.keys()) if (path !== folder && within(folder, path)) names.add(segments(below(folder, path))[0]!)
    return [...names]
  }

  /** True if another mount lies below the path, so that it is no plain folder of its backend. */
  hasBelow(path: VfsPath): boolean {
    return this.childrenOf(path).length > 0
  }

  /** A mount that begins at this place of a volume or below it: what holds its root is not to be taken away. */
  async rootedIn(volume: string, inner: string): Promise<Mount | undefined> {
    for (const mount of this.#mounts.values()) {
      if (mount.backend.volume !== volume) continue
      const root = await mount.backend.locate(mount.root).catch(() => undefined) // what does not answer cannot be harmed through another
      if (root !== undefined && within(inner as VfsPath, root as VfsPath)) return mount
    }
    return undefined
  }

  /** True if another mount may show some of the same files: the root of one lies in the other, or nobody can say. */
  async overlaps(mount: Mount): Promise<boolean> {
    const others = [...this.#mounts.values()].filter((other) => other !== mount && other.backend.volume === mount.backend.volume)
    const shown = others.map(async (other) => (await shows(mount, other)) || (await shows(other, mount)))
    return Promise.all(shown).then(
      (all) => all.includes(true),
      () => true,
    )
  }

  /** Every mount that shows this place of a volume, the closest root first: its rules hold whatever name was used. */
  showing(volume: string, inner: string): Face[] {
    const found: Face[] = []
    for (const mount of this.#mounts.values()) {
      if (mount.backend.volume !== volume) continue
      const place = mount.backend.find(inner)
      const path = place === undefined ? undefined : mount.outer(place)
      if (path !== undefined) found.push({ mount, path })
    }
    return found.toSorted((a, b) => below(a.mount.path, a.path).length - below(b.mount.path, b.path).length)
  }

  /** Every path under which one of these files of this machine's disk can be seen, whenever it is asked for. */
  facesOfFiles(files: readonly string[]): () => readonly VfsPath[] {
    let [of, faces]: [number, readonly VfsPath[]] = [-1, []]
    return () => {
      if (of !== this.#changes) [of, faces] = [this.#changes, files.flatMap((file) => this.#facesOfFile(file))]
      return faces
    }
  }

  #facesOfFile(path: string): VfsPath[] {
    const volumes = new Set([...this.#mounts.values()].filter(({ backend }) => backend.scheme === 'local').map(({ backend }) => backend.volume))
    return [...volumes].flatMap((volume) => this.showing(volume, path).map((face) => face.path))
  }

  resolve(volume: string, inner: string): { readonly backend: Backend; readonly path: VfsPath } | undefined {
    const [first] = this.showing(volume, inner)
    return first && { backend: first.mount.backend, path: first.mount.inner(first.path) }
  }
}

/** True if the root of one mount is a place in the storage of the other. */
const shows = async ({ backend }: Mount, other: Mount): Promise<boolean> => backend.find(await other.backend.locate(other.root)) !== undefined

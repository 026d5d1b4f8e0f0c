import type { Kind } from '../core/backend.ts'
import { throwIfAborted, VfsError } from '../core/error.ts'
import { below, join, parent, under, type VfsPath } from '../core/path.ts'
import { statOrNull, type Target, type Targets } from './target.ts'

export interface Wholeness {
  /** All that lies below is meant. */
  readonly recursive: boolean
  /** Where it is to go: nothing of it may come to stand where a rule hides it. */
  readonly to?: VfsPath | undefined
  readonly signal: Signal
}

type Signal = AbortSignal | undefined

/** For a change that needs the folder above it, and may not make it. */
export const noFolder = (op: string, path: VfsPath, cause?: unknown): VfsError =>
  new VfsError('NOT_FOUND', `the folder ${parent(path)} does not exist`, {
    op,
    path: parent(path),
    cause,
    hint: 'Make it first, or leave it to this call to make what is missing on the way.',
  })

/** For a removal that is meant for folders only. */
export const notFolder = (path: VfsPath, kind: Kind): VfsError =>
  new VfsError('NOT_DIRECTORY', `${path} is a ${kind}`, { op: 'rmdir', path, hint: 'Use vfs_remove for files and links.' })

/** What must be known of folders before something in or with them is changed. */
export class Folders {
  readonly #targets: Targets

  constructor(targets: Targets) {
    this.#targets = targets
  }

  /** The folders that must be made first, the outermost first. Rejects NOT_DIRECTORY where a file stands in the way. */
  async missingAbove({ mount, place }: Target, signal: Signal): Promise<Target[]> {
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

  /** True if all that lies below is of one mount, and no rule can hide any of it. */
  isPlain(path: VfsPath): boolean {
    const { table, policy } = this.#targets
    return policy.isClear(path) && !table.hasBelow(path)
  }

  /** Rejects MOUNT_INSIDE or DENIED if the folder cannot be treated as one thing, and NOT_EMPTY unless all below it is meant. */
  async requireWhole(op: string, { place }: Target, { recursive, to, signal }: Wholeness): Promise<void> {
    const { shown: path } = place
    const { table, policy } = this.#targets
    if (table.hasBelow(path) || (await table.rootedIn(place.volume, place.inner)))
      throw new VfsError('MOUNT_INSIDE', `another mount lies below ${path}`, { op, path })
    const faces = [...(await this.#targets.faces(path, signal)), ...(to ? await this.#targets.faces(to, signal) : [])]
    if (recursive && faces.every((face) => policy.isClear(face))) return
    for await (const found of this.#everything(path, signal)) {
      if (faces.some((face) => policy.denies(under(face, below(path, found)))))
        throw new VfsError('DENIED', `a rule of the configuration protects something below ${path}`, { op, path })
      if (!recursive) throw new VfsError('NOT_EMPTY', `${path} is not empty`, { op, path })
    }
  }

  async *#everything(path: VfsPath, signal: Signal): AsyncIterable<VfsPath> {
    throwIfAborted(signal)
    const mount = this.#targets.mountOf('list', path)
    const special: string[] = []
    for await (const entry of mount.backend.list(mount.inner(path), { signal, onSpecial: (name) => special.push(name) })) {
      const child = join(path, entry.name)
      yield child
      if (entry.kind === 'directory') yield* this.#everything(child, signal)
    }
    for (const name of special) yield join(path, name)
  }
}

import { join, name, parent, type VfsPath } from '../../core/path.ts'
import type { Place } from '../../journal/types.ts'
import type { Mount } from '../mounts.ts'

/** The journal's key of a path. */
export type Key = Pick<Place, 'volume' | 'inner'>

/** Where listed files stand. They are no links, so that a folder need be located only once for all that it holds. */
export class Places {
  readonly #folders = new Map<Mount, Map<VfsPath, Promise<VfsPath>>>()
  readonly #signal: AbortSignal | undefined

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal
  }

  async of(mount: Mount, inner: VfsPath): Promise<Key> {
    return { volume: mount.backend.volume, inner: join(await this.folder(mount, parent(inner)), name(inner)) }
  }

  /** Where a folder stands in its volume. */
  folder(mount: Mount, folder: VfsPath): Promise<VfsPath> {
    const known = this.#folders.get(mount) ?? new Map<VfsPath, Promise<VfsPath>>()
    this.#folders.set(mount, known)
    const located = known.get(folder) ?? (mount.backend.locate(folder, { signal: this.#signal }) as Promise<VfsPath>)
    known.set(folder, located)
    return located
  }
}

import { join, parent, type VfsPath } from '../../core/path.ts'
import type { Place } from '../../journal/types.ts'
import type { Mount } from '../mounts.ts'

/** The journal's key of a path. */
export type Key = Pick<Place, 'volume' | 'inner'>

/** Where listed files stand. They are no links, so that a folder need be located only once for all that it holds. */
export class Places {
  readonly #folders = new Map<Mount, Map<VfsPath, Promise<string>>>()
  readonly #signal: AbortSignal | undefined

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal
  }

  async of(mount: Mount, inner: VfsPath): Promise<Key> {
    const folder = (await this.#folder(mount, parent(inner))) as VfsPath
    return { volume: mount.backend.volume, inner: join(folder, inner.slice(inner.lastIndexOf('/') + 1)) }
  }

  #folder(mount: Mount, folder: VfsPath): Promise<string> {
    const known = this.#folders.get(mount) ?? new Map<VfsPath, Promise<string>>()
    this.#folders.set(mount, known)
    const located = known.get(folder) ?? mount.backend.locate(folder, { signal: this.#signal })
    known.set(folder, located)
    return located
  }
}

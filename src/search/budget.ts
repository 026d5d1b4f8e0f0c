import type { VfsPath } from '../core/path.ts'
import type { Searchable } from './types.ts'

/** Storages whose content is on this machine. */
const NEAR: ReadonlySet<string> = new Set(['local', 'memory'])

/** What a search has read from each mount, against what it may read from a remote one. */
export class Budget {
  readonly #vfs: Pick<Searchable, 'mounts'>
  readonly #bytes: number
  readonly #spent = new Map<VfsPath | null, number>()
  #near: Promise<ReadonlySet<VfsPath>> | undefined

  constructor(vfs: Pick<Searchable, 'mounts'>, bytes: number) {
    this.#vfs = vfs
    this.#bytes = bytes
  }

  /** True as long as there is something left for this mount. */
  async spend(mount: VfsPath | null, bytes: number): Promise<boolean> {
    const spent = (this.#spent.get(mount) ?? 0) + bytes
    this.#spent.set(mount, spent)
    return spent <= this.#bytes || mount === null || (await this.#isNear(mount))
  }

  /** Looked up only when it begins to matter, because asking for the mounts asks every storage how it is. */
  async #isNear(mount: VfsPath): Promise<boolean> {
    this.#near ??= this.#vfs.mounts().then((mounts) => new Set(mounts.filter(({ scheme }) => NEAR.has(scheme)).map(({ path }) => path)))
    return (await this.#near).has(mount)
  }
}

import { VfsError } from '../../core/error.ts'
import { compareNames, join, type VfsPath } from '../../core/path.ts'
import type { Found, List, NewPlace } from '../beside.ts'
import { forEachOf } from '../pool.ts'
import { Failures } from '../transfer/failures.ts'
import type { MirrorMemory } from '../types.ts'
import { type Pair, pairs } from './pairs.ts'
import { type Both, type Read, sameContent } from './same.ts'

const AT_ONCE = 8 // files compared at the same time

/** What the plan needs to know of the two trees. */
export interface Trees {
  readonly list: List
  readonly read: Read
  readonly memory: MirrorMemory
  /** Told how many files were found to be equal. */
  readonly compared: (files: number) => void
  /** True if the destination keeps permission bits. */
  readonly modes: boolean
  /** Rejects where a folder cannot be removed as one thing. */
  requireWhole(path: VfsPath): Promise<void>
}

export interface Removal {
  readonly path: VfsPath
  readonly standing: Found
}

export interface Filing extends Pair {
  readonly source: Found
}

/** What makes one tree like the other. */
export class Plan {
  /** Done first, so that the names are free. */
  readonly removals: Removal[] = []
  readonly folders: NewPlace[] = []
  readonly files: Filing[] = []
  readonly created: VfsPath[] = []
  readonly updated: VfsPath[] = []
  /** With all that lies below removed folders. */
  readonly deleted: VfsPath[] = []
  unchanged = 0
  linksLeftOut = 0
  readonly leftOut = new Failures()
  readonly #trees: Trees
  readonly #deletes: boolean

  constructor(trees: Trees, deletes: boolean) {
    this.#trees = trees
    this.#deletes = deletes
  }

  get isEmpty(): boolean {
    return this.removals.length + this.folders.length + this.files.length === 0
  }

  /** All below two folders. */
  async folder(from: VfsPath, to: VfsPath, { exists, mode }: { readonly exists: boolean; readonly mode: number | undefined }): Promise<void> {
    if (!exists) this.#make(to, mode)
    await forEachOf(pairs({ list: this.#trees.list, leftOut: this.leftOut }, from, to, exists), AT_ONCE, (pair) => this.pair(pair))
    this.folders.sort((a, b) => compareNames(a.path, b.path))
    for (const paths of [this.created, this.updated, this.deleted]) paths.sort(compareNames)
  }

  async pair({ source, standing, ...paths }: Pair): Promise<void> {
    if (!source) return standing && this.#extra(paths.to, standing)
    if (source.kind === 'link') return void this.linksLeftOut++
    if (standing?.kind === 'directory' && source.kind === 'directory') return undefined
    if (standing?.kind === 'file' && source.kind === 'file') return this.#file({ ...paths, source, standing })
    if (standing) await this.#clear(paths.to, standing)
    if (source.kind === 'directory') return this.#make(paths.to, source.mode, standing)
    this.files.push({ ...paths, source, standing: undefined })
    this.#appear(paths.to, standing)
  }

  async #file(both: Both): Promise<void> {
    const { source, standing, to } = both
    const modesDiffer = this.#trees.modes && source.mode !== undefined && source.mode !== standing.mode
    if (!modesDiffer && (await sameContent(both, this.#trees.read, this.#trees.memory))) return this.#trees.compared(++this.unchanged)
    this.files.push(both)
    this.updated.push(to)
  }

  #make(path: VfsPath, mode: number | undefined, standing?: Found): void {
    this.folders.push({ path, mode })
    this.#appear(path, standing)
  }

  #appear(path: VfsPath, standing: Found | undefined): void {
    ;(standing ? this.updated : this.created).push(path)
  }

  async #extra(path: VfsPath, standing: Found): Promise<void> {
    if (!this.#deletes) return
    this.deleted.push(path)
    await this.#remove(path, standing)
  }

  /** Something of another kind is in the way: a folder goes with what it holds only if that may be deleted. */
  async #clear(path: VfsPath, standing: Found): Promise<void> {
    await this.#remove(path, standing)
    if (!this.#deletes && this.deleted.length > 0)
      throw new VfsError('IS_DIRECTORY', `${path} is a folder that holds something, and the source has a file there`, {
        op: 'mirror',
        path,
        hint: 'Pass delete=true if what it holds may go.',
      })
  }

  async #remove(path: VfsPath, standing: Found): Promise<void> {
    this.removals.push({ path, standing })
    if (standing.kind !== 'directory') return
    await this.#trees.requireWhole(path)
    await this.#count(path)
  }

  async #count(folder: VfsPath): Promise<void> {
    for await (const { name, kind } of this.#trees.list(folder)) {
      const path = join(folder, name)
      this.deleted.push(path)
      if (kind === 'directory') await this.#count(path)
    }
  }
}

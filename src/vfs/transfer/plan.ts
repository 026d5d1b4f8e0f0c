import type { Stat } from '../../core/backend.ts'
import { throwIfAborted, VfsError } from '../../core/error.ts'
import { join, name, parent, type VfsPath } from '../../core/path.ts'
import { beside, type Beside, type Found, type List, type NewPlace } from '../beside.ts'
import type { Choice } from '../choice.ts'
import type { Failures } from './failures.ts'

const PAGE = 256 // files that are compared together

/** One file on its way, and what stands where it goes. */
export interface Filing {
  readonly from: VfsPath
  readonly to: VfsPath
  readonly source: Found
  readonly standing: Found | undefined
}

/** What is to be done next: folders to make, each after the one above it, and then files, all of one folder. */
export interface Page {
  readonly folders: readonly NewPlace[]
  readonly files: readonly Filing[]
}

export interface Trees {
  readonly list: List
  /** What of the source is meant. */
  readonly choice: Choice
  /** Folders without chosen files are meant too. */
  readonly allFolders: boolean
  /** Told of what cannot be listed or does not fit; what it throws ends the planning. */
  readonly failed: (path: VfsPath, error: unknown) => Promise<void>
  /** Told of all that cannot be copied, of devices, pipes and sockets only where they are meant. */
  readonly leftOut: Pick<Failures, 'onSpecial' | 'onPathless'>
  readonly signal: AbortSignal | undefined
}

/** A folder of the source, where it goes, and whether that is there. */
export interface Branch {
  readonly from: VfsPath
  readonly to: VfsPath
  readonly exists: boolean
  /** Of the source, where that has one. */
  readonly mode: number | undefined
}

/** All that a transfer is to do, page by page. Memory grows with the number of folders that lie in one. */
export class Plan {
  linksLeftOut = 0
  readonly #trees: Trees
  readonly #missing: Map<VfsPath, number | undefined>
  #folders: NewPlace[] = []

  /** `above`: folders that are missing above the destination. */
  constructor(trees: Trees, above: Iterable<VfsPath> = []) {
    this.#trees = trees
    this.#missing = new Map(Array.from(above, (path) => [path, undefined]))
  }

  /** All below a folder; what stands only at the destination is not entered. */
  async *pages(top: Branch): AsyncGenerator<Page> {
    const branches = [top]
    for (let branch = branches.pop(); branch; branch = branches.pop()) {
      const inside: Branch[] = []
      yield* this.#folder(branch, inside)
      for (const each of inside.toReversed()) branches.push(each)
    }
  }

  /** A file that goes by itself. */
  async *single(from: VfsPath, to: VfsPath, source: Stat, standing: Stat | null): AsyncGenerator<Page> {
    const there = standing ? { ...standing, name: name(to) } : undefined
    yield* this.#page([{ from, to, source: { ...source, name: name(from) }, standing: there }])
  }

  async *#folder(branch: Branch, inside: Branch[]): AsyncGenerator<Page> {
    const { from, to, exists, mode } = branch
    const { list, failed, signal } = this.#trees
    if (!exists) this.#missing.set(to, mode)
    if (this.#trees.allFolders) this.#need(to)
    const files: Filing[] = []
    try {
      for await (const some of beside(list(from, this.#leftOutOf(from)), exists ? list(to) : undefined)) {
        for (const each of some) await this.#sort(branch, each, files, inside)
        while (files.length >= PAGE) yield* this.#page(files.splice(0, PAGE))
      }
    } catch (error) {
      throwIfAborted(signal, 'copy')
      await failed(from, error)
    }
    yield* this.#page(files)
  }

  /** Puts what is meant of the source where it belongs. */
  #sort(above: Branch, { name: called, source, standing }: Beside, files: Filing[], inside: Branch[]): Promise<void> | undefined {
    if (source?.kind === 'link') this.linksLeftOut++
    if (!source || source.kind === 'link') return undefined
    const filing = { from: join(above.from, called), to: join(above.to, called), source, standing }
    const { from, to } = filing
    const { takes, leavesOut } = this.#trees.choice
    if (source.kind === 'file' ? !takes(from) : leavesOut(from)) return undefined
    const misfit = misfitOf(filing)
    if (misfit) return this.#trees.failed(from, misfit)
    if (source.kind === 'directory') inside.push({ from, to, exists: standing !== undefined, mode: source.mode })
    else files.push(filing)
    return undefined
  }

  #leftOutOf(folder: VfsPath): Parameters<List>[1] {
    const { choice, leftOut } = this.#trees
    return {
      onSpecial: (called) => (choice.takes(join(folder, called)) ? leftOut.onSpecial(join(folder, called)) : undefined),
      onPathless: (called) => leftOut.onPathless(folder, called),
    }
  }

  *#page(files: readonly Filing[]): Generator<Page> {
    const [first] = files
    if (first) this.#need(parent(first.to))
    const folders = this.#folders
    this.#folders = []
    if (folders.length + files.length > 0) yield { folders, files }
  }

  /** A folder and those above it, which are made if they are missing. */
  #need(folder: VfsPath): void {
    const mode = this.#missing.get(folder)
    if (!this.#missing.delete(folder)) return
    this.#need(parent(folder))
    this.#folders.push({ path: folder, mode })
  }
}

/** A file never replaces a folder, nor a folder a file. */
function misfitOf({ to, source, standing }: Filing): VfsError | undefined {
  if (source.kind === 'directory' && standing?.kind === 'file') return new VfsError('NOT_DIRECTORY', `${to} is a file`, { op: 'copy', path: to })
  if (source.kind === 'file' && standing?.kind === 'directory') return new VfsError('IS_DIRECTORY', `${to} is a folder`, { op: 'copy', path: to })
  return undefined
}

import type { Stat } from '../../core/backend.ts'
import { throwIfAborted, VfsError } from '../../core/error.ts'
import { join, name, parent, type VfsPath } from '../../core/path.ts'
import { beside, type Found, type List } from '../beside.ts'

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
  readonly folders: readonly VfsPath[]
  readonly files: readonly Filing[]
}

export interface Trees {
  readonly list: List
  /** Which files of the source are meant. */
  readonly chosen: (path: VfsPath) => boolean
  /** Folders without chosen files are meant too. */
  readonly allFolders: boolean
  /** Told of what cannot be listed or does not fit; what it throws ends the planning. */
  readonly failed: (path: VfsPath, error: unknown) => Promise<void>
  readonly signal: AbortSignal | undefined
}

/** A folder of the source, where it goes, and whether that is there. */
export interface Branch {
  readonly from: VfsPath
  readonly to: VfsPath
  readonly exists: boolean
}

/** All that a transfer is to do, page by page. Memory grows with the number of folders that lie in one. */
export class Plan {
  linksLeftOut = 0
  readonly #trees: Trees
  readonly #missing: Set<VfsPath>
  #folders: VfsPath[] = []

  /** `above`: folders that are missing above the destination. */
  constructor(trees: Trees, above: Iterable<VfsPath> = []) {
    this.#trees = trees
    this.#missing = new Set(above)
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
    this.#need(parent(to))
    const there = standing ? { ...standing, name: name(to) } : undefined
    yield* this.#page([{ from, to, source: { ...source, name: name(from) }, standing: there }])
  }

  async *#folder(branch: Branch, inside: Branch[]): AsyncGenerator<Page> {
    const { from, to, exists } = branch
    if (!exists) this.#missing.add(to)
    if (this.#trees.allFolders) this.#need(to)
    let files: Filing[] = []
    try {
      for await (const filing of this.#filings(branch)) {
        if (filing.source.kind === 'directory') await this.#branch(filing, inside)
        else if (await this.#isMeant(filing)) files.push(filing)
        if (files.length < PAGE) continue
        yield* this.#page(files)
        files = []
      }
    } catch (error) {
      throwIfAborted(this.#trees.signal, 'copy')
      await this.#trees.failed(from, error)
    }
    yield* this.#page(files)
  }

  async *#filings({ from, to, exists }: Branch): AsyncGenerator<Filing> {
    const { list } = this.#trees
    for await (const { source, standing } of beside(list(from), exists ? list(to) : undefined))
      if (source) yield { from: join(from, source.name), to: join(to, source.name), source, standing }
  }

  *#page(files: readonly Filing[]): Generator<Page> {
    const folders = this.#folders
    this.#folders = []
    if (folders.length + files.length > 0) yield { folders, files }
  }

  async #branch({ from, to, standing }: Filing, inside: Branch[]): Promise<void> {
    if (standing?.kind === 'file') await this.#trees.failed(from, misfit('NOT_DIRECTORY', to, 'is a file'))
    else inside.push({ from, to, exists: standing !== undefined })
  }

  async #isMeant({ from, to, source, standing }: Filing): Promise<boolean> {
    if (source.kind === 'link') this.linksLeftOut++
    if (source.kind === 'link' || !this.#trees.chosen(from)) return false
    if (standing?.kind === 'directory') await this.#trees.failed(from, misfit('IS_DIRECTORY', to, 'is a folder'))
    else this.#need(parent(to))
    return standing?.kind !== 'directory'
  }

  /** A folder and those above it, which are made if they are missing. */
  #need(folder: VfsPath): void {
    if (!this.#missing.delete(folder)) return
    this.#need(parent(folder))
    this.#folders.push(folder)
  }
}

const misfit = (code: 'IS_DIRECTORY' | 'NOT_DIRECTORY', path: VfsPath, why: string): VfsError => new VfsError(code, `${path} ${why}`, { op: 'copy', path })

import type { Entry, Stat } from '../../core/backend.ts'
import { throwIfAborted, VfsError } from '../../core/error.ts'
import { join, name, parent, type VfsPath } from '../../core/path.ts'

/** An entry of a list with details. */
export interface Found extends Entry {
  readonly size: number
  readonly etag: string
}

/** One file on its way, and what stands where it goes. */
export interface Filing {
  readonly from: VfsPath
  readonly to: VfsPath
  readonly source: Found
  readonly standing: Found | undefined
}

export interface Trees {
  list(path: VfsPath): AsyncIterable<Found>
  /** Which files of the source are meant. */
  chosen(path: VfsPath): boolean
  /** Folders without chosen files are meant too. */
  readonly allFolders: boolean
  /** Told of what cannot be listed or does not fit; what it throws ends the planning. */
  readonly failed: (path: VfsPath, error: unknown) => Promise<void>
  readonly signal: AbortSignal | undefined
}

/** All that a transfer is to do, listed before any of it is done. It grows with the number of files. */
export class Plan {
  /** To be made, each after the one above it. */
  readonly folders: VfsPath[] = []
  files: Filing[] = []
  linksLeftOut = 0
  readonly #trees: Trees
  readonly #missing = new Set<VfsPath>()

  constructor(trees: Trees) {
    this.#trees = trees
  }

  get isEmpty(): boolean {
    return this.folders.length + this.files.length === 0
  }

  get bytes(): number {
    return this.files.reduce((sum, { source }) => sum + source.size, 0)
  }

  /** All below a folder; what stands only at the destination is not entered. */
  async folder(from: VfsPath, to: VfsPath, exists: boolean): Promise<void> {
    if (!exists) this.#miss(to)
    const standing = new Map<string, Found>()
    const folders: (readonly [VfsPath, VfsPath, boolean])[] = []
    try {
      if (exists) for await (const entry of this.#trees.list(to)) standing.set(entry.name, entry)
      for await (const source of this.#trees.list(from)) {
        const filing = { from: join(from, source.name), to: join(to, source.name), source, standing: standing.get(source.name) }
        if (source.kind !== 'directory') await this.#file(filing)
        else if (filing.standing?.kind === 'file') await this.#trees.failed(filing.from, misfit('NOT_DIRECTORY', filing.to, 'is a file'))
        else folders.push([filing.from, filing.to, filing.standing !== undefined])
      }
    } catch (error) {
      throwIfAborted(this.#trees.signal, 'copy')
      await this.#trees.failed(from, error)
    }
    for (const each of folders) await this.folder(...each)
  }

  /** A folder and those above it, which are made if they are missing. */
  need(folder: VfsPath): void {
    if (!this.#missing.delete(folder)) return
    this.need(parent(folder))
    this.folders.push(folder)
  }

  async #file(filing: Filing): Promise<void> {
    const { from, to, source, standing } = filing
    if (source.kind === 'link') return void this.linksLeftOut++
    if (!this.#trees.chosen(from)) return undefined
    if (standing?.kind === 'directory') return this.#trees.failed(from, misfit('IS_DIRECTORY', to, 'is a folder'))
    this.need(parent(to))
    this.files.push(filing)
  }

  #miss(folder: VfsPath): void {
    this.#missing.add(folder)
    if (this.#trees.allFolders) this.need(folder)
  }
}

const misfit = (code: 'IS_DIRECTORY' | 'NOT_DIRECTORY', path: VfsPath, why: string): VfsError => new VfsError(code, `${path} ${why}`, { op: 'copy', path })

/** A file that goes by itself; a plan like any other. */
export function single({ from, to, source, standing }: Pick<Filing, 'from' | 'to'> & { readonly source: Stat; readonly standing: Stat | null }): Plan {
  const plan = new Plan(NOTHING)
  plan.files = [{ from, to, source: { ...source, name: name(from) }, standing: standing ? { ...standing, name: name(to) } : undefined }]
  return plan
}

const NOTHING: Trees = { list: () => none(), chosen: () => true, allFolders: false, failed: async () => {}, signal: undefined }

async function* none(): AsyncGenerator<never> {}

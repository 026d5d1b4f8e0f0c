import type { Call, Stat } from './backend.ts'
import { isCode } from './error.ts'
import { ancestors, parent, type VfsPath } from './path.ts'
import { refusals } from './telling.ts'
import { NO_TIME } from './times.ts'

/** Of a folder in a storage that knows no more of it than that it is there. */
export const FOLDER: Stat = Object.freeze({ kind: 'directory', size: 0, modified: NO_TIME, etag: 'folder' })

/** Looks into a storage that is asked for one place at a time, and tells what stands at a path as a tree has it. */
export abstract class Lookup<S extends Pick<Stat, 'kind'>> {
  readonly #refusal: ReturnType<typeof refusals>

  constructor(backend: string) {
    this.#refusal = refusals(backend)
  }

  /** What stands at this very place, whatever stands above it. */
  protected abstract at(op: string, path: VfsPath, call: Call): Promise<S | undefined>

  /** undefined where nothing stands. Rejects NOT_DIRECTORY below a file. */
  async find(op: string, path: VfsPath, call: Call = {}): Promise<S | undefined> {
    const standing = await this.at(op, path, call)
    if (!standing) for (const above of ancestors(path)) if (await this.#isFolder(op, above, call)) break
    return standing
  }

  /** undefined below a file too. */
  async findAny(op: string, path: VfsPath, call: Call = {}): Promise<S | undefined> {
    try {
      return await this.find(op, path, call)
    } catch (error) {
      if (isCode(error, 'NOT_DIRECTORY')) return undefined
      throw error
    }
  }

  async get(op: string, path: VfsPath, call?: Call): Promise<S> {
    const standing = await this.find(op, path, call)
    if (!standing) throw this.#refusal('NOT_FOUND', op, path, 'does not exist')
    return standing
  }

  /** What stands where something is to be written: undefined in a folder in which nothing of that name stands. Rejects NOT_FOUND for the folder. */
  async spot(op: string, path: VfsPath, call: Call): Promise<S | undefined> {
    const standing = await this.at(op, path, call)
    if (!standing) await this.requireFolder(op, parent(path), call)
    return standing
  }

  async requireFolder(op: string, path: VfsPath, call: Call): Promise<void> {
    const { kind } = await this.get(op, path, call)
    if (kind !== 'directory') throw this.#refusal('NOT_DIRECTORY', op, path, 'is a file')
  }

  async #isFolder(op: string, path: VfsPath, call: Call): Promise<boolean> {
    const standing = await this.at(op, path, call)
    if (standing && standing.kind !== 'directory') throw this.#refusal('NOT_DIRECTORY', op, path, 'is a file')
    return standing !== undefined
  }
}

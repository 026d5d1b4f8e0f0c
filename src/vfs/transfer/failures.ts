import { VfsError } from '../../core/error.ts'
import type { VfsPath } from '../../core/path.ts'
import type { Failure } from '../types.ts'

const LISTED = 100

/** What was not copied, where the rest was: the first are listed, the others counted. */
export class Failures {
  readonly listed: Failure[] = []
  count = 0

  get more(): number {
    return this.count - this.listed.length
  }

  /** Rejects what is no failure of one path, but of the program. */
  add(path: VfsPath, error: unknown): void {
    if (!(error instanceof VfsError)) throw error
    this.count++
    if (this.listed.length < LISTED) this.listed.push({ path, code: error.code, message: error.message })
  }

  /** Nothing copies a device, pipe or socket, */
  readonly onSpecial = (path: VfsPath): void => {
    this.add(path, new VfsError('SPECIAL_FILE', `${path} is a device, pipe or socket`, { op: 'copy', path }))
  }

  /** nor what cannot be named. */
  readonly onPathless = (folder: VfsPath, name: string): void => {
    this.add(folder, new VfsError('INVALID_PATH', `${folder} holds ${JSON.stringify(name)}, which no path can express`, { op: 'copy', path: folder }))
  }

  /** For the journal: as many as a person reads. */
  summary(): string {
    const named = this.listed.slice(0, 3).map(({ path, code }) => `${path} ${code}`)
    return `${this.count} failed: ${named.join(', ')}${this.count > named.length ? ' …' : ''}`
  }
}

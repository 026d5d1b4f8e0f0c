import { VfsError } from '../../core/error.ts'
import type { VfsPath } from '../../core/path.ts'
import type { Failure } from '../types.ts'

const LISTED = 100

export const specialFile = (op: string, path: VfsPath, hint?: string): VfsError =>
  new VfsError('SPECIAL_FILE', `${path} is a device, pipe or socket`, { op, path, hint })

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

  /** Nothing copies a device, pipe or socket. */
  addSpecial(path: VfsPath): void {
    this.add(path, specialFile('copy', path))
  }

  /** For the journal: as many as a person reads. */
  summary(): string {
    const named = this.listed.slice(0, 3).map(({ path, code }) => `${path} ${code}`)
    return `${this.count} failed: ${named.join(', ')}${this.count > named.length ? ' …' : ''}`
  }
}

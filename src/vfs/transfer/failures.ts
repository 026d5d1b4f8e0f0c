import { VfsError } from '../../core/error.ts'
import type { VfsPath } from '../../core/path.ts'
import type { Failure } from '../types.ts'

const LISTED = 100

/** What failed of a transfer that goes on: the first are listed, the rest counted. */
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

  /** For the journal: as many as a person reads. */
  summary(): string {
    const named = this.listed.slice(0, 3).map(({ path, code }) => `${path} ${code}`)
    return `${this.count} failed: ${named.join(', ')}${this.count > named.length ? ' …' : ''}`
  }
}

import { VfsError } from '../core/error.ts'
import { Budget } from './budget.ts'
import { type Bounds, BOUNDS } from './limits.ts'
import { WorkerPool } from './pool.ts'
import { type Query, Run, type SearchCall } from './run.ts'
import { newTally, type Tally } from './tally.ts'
import type { Finding, Searchable } from './types.ts'

/** What a search finds, as it finds it. Taking no more of it ends the search. */
export interface Findings extends AsyncIterable<Finding> {
  readonly tally: Tally
}

/** Searches content with ripgrep's syntax in linear time, over whatever the VFS serves. Its threads start with the first search. */
export class Search implements AsyncDisposable {
  readonly #pool = new WorkerPool()
  readonly #bounds: Bounds

  constructor(bounds = BOUNDS) {
    this.#bounds = bounds
  }

  /** Rejects INVALID_PATTERN, and what the VFS rejects for the path. A file that cannot be read is counted, not an error. */
  hits(vfs: Searchable, query: Query, call: SearchCall): Findings {
    const tally = newTally()
    return { tally, [Symbol.asyncIterator]: () => this.#search(vfs, query, call, tally) }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#pool[Symbol.asyncDispose]()
  }

  async *#search(vfs: Searchable, query: Query, call: SearchCall, tally: Tally): AsyncGenerator<Finding> {
    const left = new AbortController()
    const late = this.#bounds.deadline()
    const signal = AbortSignal.any([left.signal, late, ...(call.signal ? [call.signal] : [])])
    const budget = new Budget(vfs, this.#bounds.remoteBytes)
    try {
      yield* new Run({ vfs, query, tally, budget, call: { ...call, signal }, pool: this.#pool }).findings()
    } catch (error) {
      if (!late.aborted || call.signal?.aborted) throw error
      if (tally.reached === undefined) throw tooSlow(query, error)
      tally.stopped = 'time'
    } finally {
      left.abort()
    }
  }
}

const tooSlow = ({ path }: Query, cause: unknown): VfsError =>
  new VfsError('TIMEOUT', `the search of ${path} came nowhere in its time`, {
    op: 'search',
    path,
    cause,
    hint: 'Name a smaller folder or a glob, or simplify the pattern.',
  })

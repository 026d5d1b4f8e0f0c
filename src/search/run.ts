import { VfsError } from '../core/error.ts'
import { ROOT, type VfsPath } from '../core/path.ts'
import type { VfsCall } from '../vfs/types.ts'
import type { Budget } from './budget.ts'
import { candidates, inBatches, type Scope } from './candidates.ts'
import type { Outcome, Task } from './grep.ts'
import { BATCH_FILES, MAX_COUNTED } from './limits.ts'
import { loads } from './load.ts'
import { mapOrdered } from './ordered.ts'
import { Pieces } from './pieces.ts'
import { WorkerPool } from './pool.ts'
import type { Job } from './protocol.ts'
import { findingsOf, merged, type Searched, unreadable } from './searched.ts'
import { newTally, type Tally } from './tally.ts'
import type { Finding, Pattern, Searchable } from './types.ts'

export interface Query extends Pattern, Scope {
  /** The caller will not take more hits (or files) than this. */
  readonly limit: number
}

export interface SearchCall extends VfsCall {
  /** Told how many files have been searched. */
  readonly onProgress?: ((files: number) => void) | undefined
}

interface Batch {
  readonly searched: readonly Searched[]
  readonly stopped?: Tally['stopped']
}

interface Parts {
  readonly vfs: Searchable
  readonly query: Query
  readonly call: SearchCall & { readonly signal: AbortSignal }
  readonly tally: Tally
  readonly budget: Budget
  readonly pool: WorkerPool
}

/** One search from its first file to its end. */
export class Run {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  async *findings(): AsyncGenerator<Finding> {
    const { vfs, query, call, tally } = this.#parts
    if (query.pattern.includes('\0')) throw invalidPattern('a pattern cannot hold a NUL character') // where the engine would take it to end
    const batches = inBatches(candidates(vfs, query, call, tally), BATCH_FILES)
    for await (const { searched, stopped } of mapOrdered(batches, WorkerPool.size + 1, (paths) => this.#batch(paths))) {
      for (const one of searched) yield* findingsOf(one, tally)
      call.onProgress?.(tally.files)
      tally.stopped = stopped
      if (stopped === 'budget') tally.rest = await this.#countRest()
      if (stopped) return
    }
    if (tally.files === 0) await this.#checkPattern()
  }

  /** Where a thread can read the files by itself it does; what it could not read comes by way of the VFS, as everything else. */
  async #batch(paths: readonly VfsPath[]): Promise<Batch> {
    const named = await this.#parts.vfs.inThread(paths)
    if (!named) return this.#load(paths)
    const first: Searched = { paths, outcome: await this.#grep(paths, named) }
    const left = unreadable(first)
    const later: Batch = left.length > 0 ? await this.#load(left) : { searched: [] }
    const searched = merged(first, later.searched)
    return { searched: [searched], stopped: searched.outcome.complete ? later.stopped : 'limit' }
  }

  async #load(paths: readonly VfsPath[]): Promise<Batch> {
    const searched: Searched[] = []
    let files = 0
    for await (const { paths: loaded, content, pieces } of loads(this.#parts, paths)) {
      using source = pieces
      const outcome = await this.#grep(loaded, content, source)
      searched.push({ paths: loaded, outcome })
      if (!outcome.complete) return { searched, stopped: 'limit' }
      files += loaded.length
    }
    return { searched, stopped: files < paths.length ? 'budget' : undefined }
  }

  /** For the caller to see how much a remote storage has left to search. */
  async #countRest(): Promise<number> {
    const { vfs, query, call, tally } = this.#parts
    const after = tally.reached && { path: tally.reached }
    let rest = 0
    for await (const _ of candidates(vfs, { ...query, after }, call, newTally())) if (++rest === MAX_COUNTED) break
    return rest
  }

  /** Where there is no file to search, a wrong pattern is still an error. */
  async #checkPattern(): Promise<void> {
    await this.#grep([ROOT], { items: [{ offset: 0, length: 0 }], bytes: new ArrayBuffer(0) })
  }

  async #grep(paths: readonly VfsPath[], files: Job['files'], pieces = new Pieces()): Promise<Outcome> {
    const { pool, call } = this.#parts
    const outcome = await pool.run({ task: this.#task(paths), files }, pieces, call.signal)
    if (outcome.refused !== undefined) throw invalidPattern(outcome.refused)
    return outcome
  }

  #task(paths: readonly VfsPath[]): Task {
    const { pattern, output, context, ignoreCase, literal, limit, after } = this.#parts.query
    return { pattern, output, context, ignoreCase, literal, limit, files: paths.length, afterLine: paths[0] === after?.path ? (after?.line ?? 0) : 0 }
  }
}

/** The engine's own words in one line, without its advice on flags that nobody can set here. */
function invalidPattern(stderr: string): VfsError {
  const [message = ''] = stderr.replace(/^rg: /, '').split('\n\n')
  return new VfsError('INVALID_PATTERN', inOneLine(message.trim()), { op: 'search' })
}

/** Of the pattern, with marks below it, what is marked. */
function inOneLine(message: string): string {
  const [, what, pattern = '', marks = '', why] = /^(.*:)\n(.*)\n(.*)\nerror: (.*)$/.exec(message) ?? []
  return why === undefined ? message : `${what} ${why} at ${JSON.stringify(pattern.slice(marks.indexOf('^'), marks.lastIndexOf('^') + 1))}`
}

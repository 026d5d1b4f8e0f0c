import { VfsError } from '../core/error.ts'
import type { VfsPath } from '../core/path.ts'
import type { VfsCall } from '../vfs/types.ts'
import type { Budget } from './budget.ts'
import { candidates, inBatches, type Scope } from './candidates.ts'
import type { Outcome, Task } from './grep.ts'
import { BATCH_FILES, MAX_COUNTED } from './limits.ts'
import { type Load, loads } from './load.ts'
import { mapOrdered } from './ordered.ts'
import { Pieces } from './pieces.ts'
import { WorkerPool } from './pool.ts'
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

/** Files that were searched together. */
interface Searched {
  readonly paths: readonly VfsPath[]
  readonly outcome: Outcome
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

  async #batch(paths: readonly VfsPath[]): Promise<Batch> {
    const searched: Searched[] = []
    let files = 0
    for await (const load of loads(this.#parts, paths)) {
      const outcome = await this.#grep(load)
      searched.push({ paths: load.paths, outcome })
      if (!outcome.complete) return { searched, stopped: 'limit' }
      files += load.paths.length
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
    await this.#grep({ paths: [], items: [{ offset: 0, length: 0 }], bytes: new ArrayBuffer(0), pieces: new Pieces() })
  }

  async #grep({ paths, items, bytes, pieces }: Load): Promise<Outcome> {
    await using source = pieces
    const outcome = await this.#parts.pool.run({ task: this.#task(paths, items.length), items, bytes }, source, this.#parts.call.signal)
    if (outcome.refused !== undefined) throw invalidPattern(outcome.refused)
    return outcome
  }

  #task([first]: readonly VfsPath[], files: number): Task {
    const { pattern, output, context, ignoreCase, literal, limit, after } = this.#parts.query
    return { pattern, output, context, ignoreCase, literal, limit, files, afterLine: first === after?.path ? (after?.line ?? 0) : 0 }
  }
}

function* findingsOf({ paths, outcome }: Searched, tally: Tally): Generator<Finding> {
  for (const { why } of outcome.cuts) tally[why]++
  tally.bytes += outcome.bytes
  tally.files += outcome.complete ? paths.length : (outcome.found.at(-1)?.file ?? 0) + 1
  for (const { file, ...match } of outcome.found) yield { ...match, path: paths[file] as VfsPath }
  if (outcome.complete) tally.reached = paths.at(-1)
}

/** The engine's own words, without its advice on flags that nobody can set here. */
function invalidPattern(stderr: string): VfsError {
  const [message = ''] = stderr.replace(/^rg: /, '').split('\n\n')
  return new VfsError('INVALID_PATTERN', message.trim(), { op: 'search' })
}

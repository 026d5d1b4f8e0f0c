import { availableParallelism } from 'node:os'
import { throwIfAborted } from '../core/error.ts'
import { engine } from './engine.ts'
import type { Outcome } from './grep.ts'
import type { Pieces } from './pieces.ts'
import type { Job } from './protocol.ts'
import { SearchWorker } from './worker.ts'

/** Beyond four the thread that lists and reads the files is what limits. */
const WORKERS = Math.max(2, Math.min(4, availableParallelism()))

/** Workers for all searches of a gateway, made when there is work for them. Jobs wait their turn in the order they came. */
export class WorkerPool implements AsyncDisposable {
  static readonly size = WORKERS
  readonly #all = new Set<SearchWorker>()
  readonly #idle: SearchWorker[] = []
  readonly #waiting: (() => void)[] = []
  #busy = 0

  async run(job: Job, pieces: Pieces, signal: AbortSignal): Promise<Outcome> {
    if (this.#busy === WORKERS) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    else this.#busy++
    try {
      throwIfAborted(signal, 'search')
      return await this.#runOn(this.#idle.pop() ?? (await this.#make()), job, pieces, signal)
    } finally {
      // The place passes to the next in line, so that nobody who comes now can take it.
      const next = this.#waiting.shift()
      if (next) next()
      else this.#busy--
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#all].map((worker) => worker.end()))
  }

  async #runOn(worker: SearchWorker, job: Job, pieces: Pieces, signal: AbortSignal): Promise<Outcome> {
    try {
      return await worker.run(job, pieces, signal)
    } finally {
      if (worker.dead) this.#all.delete(worker)
      else this.#idle.push(worker)
    }
  }

  async #make(): Promise<SearchWorker> {
    const worker = new SearchWorker(await engine())
    this.#all.add(worker)
    return worker
  }
}

import { Worker } from 'node:worker_threads'
import { throwIfAborted, VfsError } from '../core/error.ts'
import type { Outcome } from './grep.ts'
import type { Pieces } from './pieces.ts'
import { Control, type Job, type Reply, type WorkerInit } from './protocol.ts'

/** How long a worker may take to see that it should stop, before it is ended. */
const GRACE_MS = 50

/** What a thread sets aside for what it needs only for a moment. Left to itself that grows with the files of a search, and nothing gets faster. */
const LIMITS = { maxYoungGenerationSizeMb: 4 }

const SCRIPT = new URL('./grep.worker.ts', import.meta.url)

/** One thread with the engine. It does one job at a time, and is not to be used again once it is dead. */
export class SearchWorker {
  readonly #control = new Control()
  readonly #thread: Worker
  #job: { readonly pieces: Pieces; readonly ended: PromiseWithResolvers<Outcome> } | undefined
  #dead = false

  constructor(engine: WebAssembly.Module) {
    const workerData: WorkerInit = { engine, control: this.#control.buffer }
    this.#thread = new Worker(SCRIPT, { workerData, env: {}, execArgv: [], name: 'polymount-search', resourceLimits: LIMITS })
    this.#thread.unref()
    this.#thread.on('message', (reply: Reply) => void this.#onReply(reply))
    this.#thread.on('error', (cause) => this.#die(cause))
    this.#thread.on('exit', () => this.#die(undefined))
  }

  get dead(): boolean {
    return this.#dead
  }

  /** Rejects CANCELLED, and INTERNAL if the thread breaks. */
  async run(job: Job, pieces: Pieces, signal: AbortSignal): Promise<Outcome> {
    throwIfAborted(signal, 'search')
    this.#control.reset()
    const ended = Promise.withResolvers<Outcome>()
    this.#job = { pieces, ended }
    const stop = (): void => this.#stop()
    signal.addEventListener('abort', stop, { once: true })
    this.#thread.ref()
    try {
      this.#thread.postMessage(job, 'bytes' in job.files ? [job.files.bytes] : [])
      return await ended.promise
    } finally {
      if (!this.#dead) this.#thread.unref()
      this.#job = undefined
      signal.removeEventListener('abort', stop)
      throwIfAborted(signal, 'search')
    }
  }

  async end(): Promise<void> {
    this.#dead = true
    this.#thread.ref() // or the process may end before the thread has
    await this.#thread.terminate()
  }

  /** A pattern can keep the engine busy for long between two reads; then only the end of the thread helps. */
  #stop(): void {
    const job = this.#job
    this.#control.stop()
    setTimeout(() => {
      if (this.#job === job) void this.end()
    }, GRACE_MS).unref()
  }

  async #onReply(reply: Reply): Promise<void> {
    if ('outcome' in reply) this.#job?.ended.resolve(reply.outcome)
    else if ('failed' in reply) this.#job?.ended.reject(broken(reply.failed))
    else await this.#give(reply.wanted)
  }

  async #give(file: number): Promise<void> {
    const job = this.#job
    try {
      const piece = await job?.pieces.next(file)
      if (piece && job === this.#job) this.#control.give(piece)
    } catch {
      if (job === this.#job) this.#control.fail()
    }
  }

  #die(cause: unknown): void {
    this.#dead = true
    this.#job?.ended.reject(broken(cause))
  }
}

const broken = (cause: unknown): VfsError => new VfsError('INTERNAL', 'the search engine stopped unexpectedly', { op: 'search', cause })

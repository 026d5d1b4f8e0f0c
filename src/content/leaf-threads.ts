import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { VfsError } from '../core/error.ts'

/** A leaf in memory that the threads share. */
export interface LeafJob {
  readonly memory: SharedArrayBuffer
  readonly size: number
  /** Its CRC-32 is wanted too. */
  readonly kept: boolean
}

export interface Sums {
  /** sha2-256 */
  readonly digest: Uint8Array
  readonly crc: number | undefined
}

const SCRIPT = new URL('./leaf.worker.ts', import.meta.url)
const THREADS = Math.max(1, Math.min(2, availableParallelism() - 1)) // beside the one that brings the content; each hashes about as much as a disk does

/** A thread that hashes leaves, one after the other. It keeps nothing, and does not keep the process alive when it is idle. */
class LeafThread {
  readonly #thread = new Worker(SCRIPT, { env: {}, execArgv: [], name: 'polymount-hash' })
  readonly #jobs: PromiseWithResolvers<Sums>[] = []
  isDead = false

  constructor() {
    this.#thread.unref()
    this.#thread.on('message', (sums: Sums) => this.#answered(sums))
    this.#thread.on('error', (cause) => this.#die(cause))
    this.#thread.on('exit', () => this.#die(undefined))
  }

  get waiting(): number {
    return this.#jobs.length
  }

  hash(leaf: LeafJob): Promise<Sums> {
    const job = Promise.withResolvers<Sums>()
    this.#jobs.push(job)
    this.#thread.ref()
    this.#thread.postMessage(leaf)
    return job.promise
  }

  #answered(sums: Sums): void {
    this.#jobs.shift()?.resolve(sums)
    if (this.#jobs.length === 0) this.#thread.unref()
  }

  #die(cause: unknown): void {
    this.isDead = true
    for (const job of this.#jobs.splice(0)) job.reject(new VfsError('INTERNAL', 'a thread that hashes content stopped unexpectedly', { cause }))
  }
}

const threads: LeafThread[] = []

/** By whichever thread has least to do. */
export function hashLeaf(leaf: LeafJob): Promise<Sums> {
  for (const dead of threads.filter(({ isDead }) => isDead)) threads.splice(threads.indexOf(dead), 1)
  const idle = threads.find(({ waiting }) => waiting === 0)
  if (!idle && threads.length < THREADS) threads.push(new LeafThread())
  return (idle ?? threads.reduce((a, b) => (b.waiting < a.waiting ? b : a))).hash(leaf)
}

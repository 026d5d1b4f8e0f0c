import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { VfsError } from '../core/error.ts'

/** A leaf in memory that the threads share. */
export interface LeafJob {
  readonly memory: SharedArrayBuffer
  readonly size: number
}

const SCRIPT = new URL('./leaf.worker.ts', import.meta.url)
const THREADS = Math.max(1, Math.min(2, availableParallelism() - 1)) // beside the one that brings the content; each hashes about as much as a disk does

/** A thread that hashes leaves, one after the other. It keeps nothing, and does not keep the process alive when it is idle. */
class LeafThread {
  readonly #thread = new Worker(SCRIPT, { env: {}, execArgv: [], name: 'polymount-hash' })
  readonly #jobs: PromiseWithResolvers<Uint8Array>[] = []
  isDead = false

  constructor() {
    this.#thread.unref()
    this.#thread.on('message', (digest: Uint8Array) => this.#answered(digest))
    this.#thread.on('error', (cause) => this.#die(cause))
    this.#thread.on('exit', () => this.#die(undefined))
  }

  get waiting(): number {
    return this.#jobs.length
  }

  hash(leaf: LeafJob): Promise<Uint8Array> {
    const job = Promise.withResolvers<Uint8Array>()
    this.#jobs.push(job)
    this.#thread.ref()
    this.#thread.postMessage(leaf)
    return job.promise
  }

  #answered(digest: Uint8Array): void {
    this.#jobs.shift()?.resolve(digest)
    if (this.#jobs.length === 0) this.#thread.unref()
  }

  #die(cause: unknown): void {
    this.isDead = true
    for (const job of this.#jobs.splice(0)) job.reject(new VfsError('INTERNAL', 'a thread that hashes content stopped unexpectedly', { cause }))
  }
}

const threads: LeafThread[] = []

/** The sha2-256 of a leaf, by whichever thread has least to do. */
export function hashLeaf(leaf: LeafJob): Promise<Uint8Array> {
  for (const dead of threads.filter(({ isDead }) => isDead)) threads.splice(threads.indexOf(dead), 1)
  const idle = threads.find(({ waiting }) => waiting === 0)
  if (!idle && threads.length < THREADS) threads.push(new LeafThread())
  return (idle ?? threads.reduce((a, b) => (b.waiting < a.waiting ? b : a))).hash(leaf)
}

import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { VfsError } from '../core/error.ts'

const MOST = Math.max(1, Math.min(2, availableParallelism() - 1)) // beside the one that asks; each does about as much as a disk does

/** A thread that does its jobs one after the other. It keeps nothing, and does not keep the process alive when it is idle. */
class Thread<Job, Answer> {
  readonly #thread: Worker
  readonly #name: string
  readonly #jobs: PromiseWithResolvers<Answer>[] = []
  isDead = false

  constructor(script: URL, name: string) {
    this.#name = name
    this.#thread = new Worker(script, { env: {}, execArgv: [], name: `polymount-${name}` })
    this.#thread.unref()
    this.#thread.on('message', (answer: Answer) => this.#answered(answer))
    this.#thread.on('error', (cause) => this.#die(cause))
    this.#thread.on('exit', () => this.#die(undefined))
  }

  get waiting(): number {
    return this.#jobs.length
  }

  do(work: Job): Promise<Answer> {
    const job = Promise.withResolvers<Answer>()
    this.#jobs.push(job)
    this.#thread.ref()
    this.#thread.postMessage(work)
    return job.promise
  }

  #answered(answer: Answer): void {
    this.#jobs.shift()?.resolve(answer)
    if (this.#jobs.length === 0) this.#thread.unref()
  }

  #die(cause: unknown): void {
    this.isDead = true
    for (const job of this.#jobs.splice(0)) job.reject(new VfsError('INTERNAL', `a thread that ${this.#name} content stopped unexpectedly`, { cause }))
  }
}

/** Threads that run the same script, which answers every message with one. They start when there is work. */
export class Threads<Job, Answer> {
  readonly #script: URL
  readonly #does: string
  readonly #threads: Thread<Job, Answer>[] = []

  /** `does` what to content, as in "a thread that hashes content". */
  constructor(script: URL, does: string) {
    this.#script = script
    this.#does = does
  }

  /** By whichever thread has least to do. */
  do(job: Job): Promise<Answer> {
    return this.#next().do(job)
  }

  /** False while each has so many jobs to do. */
  hasRoom(jobs: number): boolean {
    return this.#next().waiting < jobs
  }

  #next(): Thread<Job, Answer> {
    const threads = this.#threads
    for (const dead of threads.filter(({ isDead }) => isDead)) threads.splice(threads.indexOf(dead), 1)
    const idle = threads.find(({ waiting }) => waiting === 0)
    if (!idle && threads.length < MOST) threads.push(new Thread(this.#script, this.#does))
    return idle ?? threads.reduce((a, b) => (b.waiting < a.waiting ? b : a))
  }
}

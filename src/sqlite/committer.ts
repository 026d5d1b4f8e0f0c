import { throwIfAborted } from '../core/error.ts'
import { asVfsError, isBusy, isFull, retryDelay } from './busy.ts'
import type { Database } from './database.ts'

const PATIENCE_MS = 5000
const MAX_BATCH = 256 // bounds how long one transaction keeps the event loop

export interface CommitOptions {
  /** False for what could be found out again after a power cut: it spares the disk a flush. */
  readonly durable?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

interface Job {
  readonly work: () => unknown
  readonly durable: boolean
  readonly signal: AbortSignal | undefined
  readonly deadline: number
  readonly resolve: (result: unknown) => void
  readonly reject: (error: unknown) => void
}

/**
 * Group commit: the jobs of one turn of the event loop share one transaction, so that durability costs one flush for
 * all of them. Between BEGIN and COMMIT nothing awaits. A database that another process has locked is tried again, up to
 * 5 s for each job, then its job rejects BUSY.
 */
export class Committer {
  readonly #db: Database
  readonly #patienceMs: number
  #queue: Job[] = []
  #scheduled = false
  #flushing = true
  #unflushed = false
  #idle: (() => void)[] = []

  constructor(db: Database, patienceMs = PATIENCE_MS) {
    this.#db = db
    this.#patienceMs = patienceMs
  }

  /**
   * Durable when it resolves, unless said otherwise. `work` may run more than once, when another job of its transaction
   * fails: it must change nothing but the database.
   */
  run<T>(work: () => T, { durable = true, signal }: CommitOptions = {}): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const deadline = performance.now() + this.#patienceMs
      this.#queue.push({ work, durable, signal, deadline, resolve: resolve as (result: unknown) => void, reject })
      if (!this.#scheduled) this.#schedule(() => setImmediate(() => this.#turn()))
    })
  }

  /** Resolves when all that was queued is durable. */
  async settled(): Promise<void> {
    while (this.#scheduled) await new Promise<void>((resolve) => this.#idle.push(resolve))
    if (!this.#unflushed) return
    this.#checkpoint()
    this.#unflushed = false
  }

  /** Flushes the log first, and waits for nobody. What the disk then has no room for stays in the log. */
  #checkpoint(): void {
    try {
      this.#db.pragma('wal_checkpoint(passive)')
    } catch (error) {
      if (!isFull(error)) throw asVfsError(error)
    }
  }

  #schedule(start: () => void): void {
    this.#scheduled = true
    start()
  }

  #turn(): void {
    this.#scheduled = false
    this.#dropCancelled()
    const jobs = this.#queue.slice(0, MAX_BATCH)
    try {
      if (jobs.length > 0) this.#commit(jobs)
      this.#queue = this.#queue.slice(jobs.length)
    } catch (busy) {
      this.#dropLate(busy)
      if (this.#queue.length > 0) return this.#schedule(() => setTimeout(() => this.#turn(), retryDelay()))
    }
    if (this.#queue.length > 0) return this.#schedule(() => setImmediate(() => this.#turn()))
    for (const resolve of this.#idle.splice(0)) resolve()
  }

  /** Answers every job; throws only if the database is locked, and then none has been answered. */
  #commit(jobs: readonly Job[]): void {
    const failed = new Map<Job, unknown>()
    for (let rest = jobs; rest.length > 0; rest = jobs.filter((job) => !failed.has(job))) {
      let running: Job | undefined
      try {
        this.#flush(rest.some((job) => job.durable))
        const results = this.#db.immediate(() => {
          const all = rest.map((job) => (running = job).work())
          running = undefined
          return all
        })
        if (!this.#flushing) this.#unflushed = true
        for (const [i, job] of rest.entries()) job.resolve(results[i])
        break
      } catch (error) {
        if (isBusy(error)) throw error
        // One job's own failure is its own; a failed commit is everybody's.
        for (const job of running ? [running] : rest) failed.set(job, asVfsError(error))
      }
    }
    for (const [job, error] of failed) job.reject(error)
  }

  /** SQLite flushes the whole log, so one flushed commit makes the earlier ones durable too. */
  #flush(flushing: boolean): void {
    if (flushing) this.#unflushed = false
    if (flushing === this.#flushing) return
    this.#db.exec(flushing ? 'PRAGMA synchronous = full' : 'PRAGMA synchronous = normal')
    this.#flushing = flushing
  }

  #dropCancelled(): void {
    this.#drop((job) => {
      throwIfAborted(job.signal)
    })
  }

  #dropLate(busy: unknown): void {
    const now = performance.now()
    this.#drop((job) => {
      if (now > job.deadline) throw asVfsError(busy)
    })
  }

  /** Rejects the jobs for which `check` throws. */
  #drop(check: (job: Job) => void): void {
    this.#queue = this.#queue.filter((job) => {
      try {
        check(job)
        return true
      } catch (error) {
        job.reject(error)
        return false
      }
    })
  }
}

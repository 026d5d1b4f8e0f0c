import { setTimeout as sleep } from 'node:timers/promises'
import type { Call } from '../core/backend.ts'
import { type ErrorContext, throwIfAborted, VfsError } from '../core/error.ts'
import type { Committer } from '../sqlite/committer.ts'
import { changeId } from './ids.ts'
import type { Blocker, End, Ledger } from './ledger.ts'
import type { Processes } from './processes.ts'
import type { Recovery } from './recovery.ts'
import type { ChangeRow } from './rows.ts'
import type { Facts, Intent, OpenChange, Snapshot } from './types.ts'

const PATIENCE_MS = 5000
const JUDGE_EVERY_MS = 100
const LONGEST_PAUSE_MS = 16

/** Begins changes and ends them. An open change is the lock on its places: who finds it there waits (journal.md, 5). */
export class Changes {
  readonly #ledger: Ledger
  readonly #committer: Committer
  readonly #processes: Processes
  readonly #recovery: Recovery
  readonly #patienceMs: number
  /** The changes that run in this process, each with those who wait for its end. */
  readonly #running = new Map<number, (() => void)[]>()
  readonly #ending = new Set<Promise<void>>()

  constructor(ledger: Ledger, committer: Committer, processes: Processes, recovery: Recovery, patienceMs = PATIENCE_MS) {
    this.#ledger = ledger
    this.#committer = committer
    this.#processes = processes
    this.#recovery = recovery
    this.#patienceMs = patienceMs
  }

  async begin(intent: Intent, { signal }: Call = {}): Promise<OpenChange> {
    const owner = await this.#processes.self()
    const wait = new Wait(this.#patienceMs, signal)
    for (;;) {
      const outcome = await this.#ask(intent, owner, signal)
      if (typeof outcome === 'number') return this.#open(outcome, owner)
      await this.#pass(outcome, owner, wait, intent)
    }
  }

  /** Resolves when the ends of all changes are committed. */
  async settled(): Promise<void> {
    await Promise.all(this.#ending)
  }

  async #ask(intent: Intent, owner: number, signal: AbortSignal | undefined): Promise<number | Blocker> {
    try {
      return await this.#committer.run(() => this.#ledger.begin(intent, owner), { signal })
    } catch (error) {
      throw this.#processes.row(owner) ? error : declaredDead(intent, error)
    }
  }

  #open(seq: number, owner: number): OpenChange {
    this.#running.set(seq, [])
    const commit = (work: () => void): Promise<void> => this.#committer.run(work)
    const end = (how: End): Promise<void> => commit(() => this.#ledger.end(seq, owner, how)).finally(() => this.#release(seq))
    return {
      id: changeId(seq),
      note: (facts: Facts) => commit(() => this.#ledger.note(seq, owner, facts)),
      done: (after: Snapshot | null) => this.#endLater(seq, owner, { state: 'done', after }),
      aborting: () => commit(() => this.#ledger.mark(seq, owner, 'aborting')),
      aborted: () => end({ state: 'aborted' }),
      partial: (reason) => end({ state: 'partial', reason }),
      inDoubt: (reason) => this.#doubt(seq, owner, reason),
    }
  }

  async #doubt(seq: number, owner: number, reason: string): Promise<void> {
    await this.#committer.run(() => this.#ledger.mark(seq, owner, 'in_doubt', reason)).finally(() => this.#release(seq))
    this.#recovery.watch(seq)
  }

  /** Not flushed to the disk by itself: after a power cut recovery finds the same answer. */
  #endLater(seq: number, owner: number, end: End): void {
    const ending = this.#committer
      .run(() => this.#ledger.end(seq, owner, end), { durable: false })
      .catch(() => undefined) // it stays open, and recovery settles it by the same look that a crash would need
      .finally(() => {
        this.#ending.delete(ending)
        this.#release(seq)
      })
    this.#ending.add(ending)
  }

  #release(seq: number): void {
    const waiting = this.#running.get(seq) ?? []
    this.#running.delete(seq)
    for (const wake of waiting) wake()
  }

  /** Waits until the blocker may have gone. Rejects BUSY or OUTCOME_UNKNOWN at the deadline. */
  async #pass(blocker: Blocker, owner: number, wait: Wait, intent: Intent): Promise<void> {
    if (wait.isOver) throw this.#refusal(blocker, intent)
    const waiting = this.#running.get(blocker.seq)
    if (waiting) return wait.until((wake) => waiting.push(wake))
    if (blocker.owner === owner) {
      return wait.mayJudge() ? wait.until((wake) => void this.#recovery.settleOwn(blocker.seq).then(wake, wake)) : wait.pause()
    }
    return this.#passOther(blocker, wait)
  }

  async #passOther({ seq, owner }: Blocker, wait: Wait): Promise<void> {
    const process = this.#processes.row(owner)
    if (process && wait.mayJudge() && (await this.#recovery.takeOver(process))) return
    while (this.#ledger.isOpen(seq) && !wait.isOver) {
      await wait.pause()
      if (wait.mayJudge()) return
    }
  }

  #refusal({ seq, owner }: Blocker, { place, kind }: Intent): VfsError {
    const row = this.#ledger.row(seq)
    const pid = this.#processes.row(owner)?.pid
    const holder = { change: changeId(seq), client: row?.client, tool: row?.tool || undefined, pid }
    const context = { op: kind, path: place.shown, details: { holder } }
    if (row?.state === 'in_doubt') return inDoubt(row, this.#recovery.dueAt(row), context)
    const by = [row?.client, row?.tool, pid && `process ${pid}`].filter(Boolean).join(', ')
    return new VfsError('BUSY', `${place.shown} is held by change ${holder.change} (${by})`, context)
  }
}

function inDoubt({ seq }: ChangeRow, due: number | undefined, { details, ...context }: ErrorContext): VfsError {
  const waits = `${context.path} waits for the outcome of change ${changeId(seq)}, which the storage has not told`
  if (due === undefined) return new VfsError('OUTCOME_UNKNOWN', waits, { ...context, details })
  const pause = Math.max(0, Math.ceil(due - Date.now()))
  const hint = `Repeat the call in ${1 + Math.floor(pause / 1000)} s: by then it is known.`
  return new VfsError('OUTCOME_UNKNOWN', waits, { ...context, hint, details: { ...details, retry_after_ms: pause } })
}

const declaredDead = ({ kind, place }: Intent, cause: unknown): VfsError =>
  new VfsError('UNAVAILABLE', 'another process has declared this one dead, because its lock file was gone; nothing was changed', {
    op: kind,
    path: place.shown,
    retryable: false,
    hint: 'Restart polymount, and leave the folder run/ of its data folder alone.',
    cause,
  })

/** One caller's patience. */
class Wait {
  readonly #deadline: number
  readonly #signal: AbortSignal | undefined
  #judged = -Infinity
  #pauseMs = 1

  constructor(patienceMs: number, signal: AbortSignal | undefined) {
    this.#deadline = performance.now() + patienceMs
    this.#signal = signal
  }

  get isOver(): boolean {
    return performance.now() >= this.#deadline
  }

  /** Now and then only, because it opens a file. */
  mayJudge(): boolean {
    const now = performance.now()
    if (now - this.#judged < JUDGE_EVERY_MS) return false
    this.#judged = now
    return true
  }

  /** A little longer each time, and uneven, so that those who wait do not stay in step. */
  async pause(): Promise<void> {
    this.#pauseMs = Math.min(LONGEST_PAUSE_MS, this.#pauseMs * 1.5)
    await sleep(this.#pauseMs * (0.5 + Math.random()))
    throwIfAborted(this.#signal)
  }

  /** Until it is woken, the deadline passes, or the caller goes. */
  async until(onWake: (wake: () => void) => void): Promise<void> {
    throwIfAborted(this.#signal)
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, Math.max(0, this.#deadline - performance.now()))
    const leave = (): void => resolve()
    this.#signal?.addEventListener('abort', leave, { once: true })
    onWake(resolve)
    await promise
    clearTimeout(timer)
    this.#signal?.removeEventListener('abort', leave)
    throwIfAborted(this.#signal)
  }
}

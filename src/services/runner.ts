import { setTimeout as sleep } from 'node:timers/promises'
import { VfsError } from '../core/error.ts'
import { Instance, type InstanceOptions } from './instance.ts'
import { type Condition, type Event, next, type State, STOPPED } from './machine.ts'
import { endRecorded } from './recorded.ts'
import type { ServiceRow, Told } from './store.ts'

export interface RunnerOptions extends InstanceOptions {
  /** It is in another state. */
  readonly changed: () => void
  /** What the machine itself could not do, such as write its record. */
  readonly log: (message: string, error: unknown) => void
}

type Phase = 'starting' | 'up' | 'down'
const phaseOf = (state: State): Phase => (state === 'starting' ? 'starting' : state === 'ready' || state === 'degraded' ? 'up' : 'down')

/** Drives one service, in the one process that supervises it: what the machine decides is done here, one thing after the other. */
export class Runner {
  readonly #options: RunnerOptions
  readonly #instance: Instance
  #condition: Condition = STOPPED
  #since = Date.now()
  #turn: number
  #starts = 0
  #closing = false
  /** It is another process's now: what still comes of it here means nothing. */
  #left = false
  /** Of what the current phase does; a new phase aborts it. */
  #phase = new AbortController()
  #work: Promise<void> = Promise.resolve()

  constructor(options: RunnerOptions) {
    this.#options = options
    // An end at a time when it should run is a failure, whatever it ended with.
    this.#instance = new Instance(options, (how) => this.on('broken', how))
    this.#turn = this.#row().turn
  }

  /** Takes over what another process has left, or starts it; unless a person has stopped it. */
  begin(): void {
    const { spec, store, folder } = this.#options
    if (this.#row().wish !== 'stop') return this.on('start')
    this.#publish()
    this.#options.changed()
    this.#do(() => endRecorded(spec, store, folder))
  }

  /** Carries out what a person has wished since. */
  heed(): void {
    const { turn, wish } = this.#row()
    if (turn === this.#turn) return
    this.#turn = turn
    this.on(wish, wish === 'restart' ? 'a person asked for it' : null)
    this.#publish()
  }

  /** Resolves when nothing of it runs any more. */
  async stop(): Promise<void> {
    this.#closing = true
    this.on('stop')
    await this.#work
  }

  /** Leaves it to another process, which is there to take it over. */
  async detach(): Promise<void> {
    this.#left = true
    this.#phase.abort()
    await this.#work
    this.#instance.release()
  }

  told(): Told {
    const { state, reason, failures, retryAt } = this.#condition
    const { endpoint, usage, notes, log } = this.#instance
    return {
      heeded: this.#turn,
      state,
      reason,
      since: this.#since,
      failures: failures.length,
      retry_at: retryAt === null ? null : Math.round(retryAt),
      url: endpoint?.url ?? null,
      supervisor: process.pid,
      restarts: Math.max(0, this.#starts - 1),
      cpu: usage?.cpu ?? null,
      memory: usage?.memory ?? null,
      handles: usage?.handles ?? null,
      notes: notes.join('\n'),
      tail: reason === null ? '' : log.tail.join('\n'),
    }
  }

  on(event: Event, reason: string | null = null): void {
    if (this.#left) return
    const from = this.#condition
    this.#condition = next(from, event, { reason, now: Date.now(), random: Math.random(), policy: this.#options.timing })
    if (this.#condition === from) return
    const isAnother = this.#condition.state !== from.state
    if (isAnother) this.#since = Date.now()
    if (reason !== null) void this.#instance.log.write([`--- ${this.#condition.state}: ${reason}`])
    this.#publish()
    if (isAnother) this.#options.changed()
    if (event === 'restart' || phaseOf(from.state) !== phaseOf(this.#condition.state) || phaseOf(from.state) === 'down') this.#enter(event)
  }

  #enter(event: Event): void {
    this.#phase.abort()
    this.#phase = new AbortController()
    const { signal } = this.#phase
    const { state } = this.#condition
    if (state === 'starting') this.#do(() => this.#start(signal))
    else if (state === 'ready') void this.#watch(signal)
    else if (state !== 'stopped') this.#do(() => this.#leave(state, this.#graceOf(event), signal))
  }

  /** What has broken gets no longer to end by itself; what somebody ends who wishes so has its time. */
  #graceOf(event: Event): number {
    const { spec, timing } = this.#options
    return event === 'broken' || event === 'unhealthy' ? Math.min(timing.brokenGraceMs, spec.stop.graceMs) : spec.stop.graceMs
  }

  /** From whatever it did to the end of its process, and what comes then. */
  async #leave(state: State, graceMs: number, signal: AbortSignal): Promise<void> {
    await this.#instance.end(graceMs)
    if (state === 'stopping') this.on('gone')
    if (state === 'stopping' && !this.#closing && this.#row().wish !== 'stop') this.on('start') // wished while it was stopping
    if (state !== 'restarting') return
    const pause = Math.max(0, (this.#condition.retryAt ?? 0) - Date.now())
    await sleep(Math.min(pause, this.#options.timing.maxBackoffMs), undefined, { signal, ref: false }).catch(() => {}) // the clock may have been set back
    if (!signal.aborted) this.on('due')
  }

  async #start(signal: AbortSignal): Promise<void> {
    try {
      await this.#instance.open(signal)
      this.#starts += 1
      if (!signal.aborted) this.on('ready')
    } catch (error) {
      if (signal.aborted) return
      if (error instanceof VfsError && !error.retryable) this.on('hopeless', `${error.message} (${error.hint})`)
      else this.on('broken', error instanceof Error ? error.message : String(error))
    }
  }

  async #watch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await sleep(this.#options.timing.healthMs, undefined, { signal, ref: false }).catch(() => {})
      if (!signal.aborted) await this.#check(signal).catch((error: unknown) => this.#options.log(`${this.#options.spec.name} was not checked`, error))
    }
  }

  async #check(signal: AbortSignal): Promise<void> {
    const tooMuch = await this.#instance.measure()
    if (signal.aborted) return
    if (tooMuch !== undefined) return this.on('broken', tooMuch)
    const moved = this.#instance.moved()
    if (moved !== undefined) return this.on('restart', `${moved}, which it depends on, answers elsewhere now`)
    const problem = await this.#instance.problem(AbortSignal.any([signal, AbortSignal.timeout(this.#options.timing.answerMs)]))
    if (signal.aborted) return
    this.on(problem === undefined ? 'healthy' : 'unhealthy', problem ?? null)
    this.#publish()
  }

  #do(task: () => Promise<void>): void {
    this.#work = this.#work.then(task).catch((error: unknown) => this.#options.log(`the supervisor of ${this.#options.spec.name} failed`, error))
  }

  #publish(): void {
    const { store, spec, log } = this.#options
    store.tell(spec.name, this.told()).catch((error: unknown) => log(`the state of ${spec.name} could not be recorded`, error))
  }

  #row(): ServiceRow {
    return this.#options.store.row(this.#options.spec.name)
  }
}

import { setTimeout as sleep } from 'node:timers/promises'
import { VfsError } from '../core/error.ts'
import type { Known } from './identity.ts'
import { RotatedLog } from './log.ts'
import { type Condition, type Event, next, type State, STOPPED } from './machine.ts'
import { usageOf } from './measure.ts'
import { choosePorts } from './ports.ts'
import { Program } from './program.ts'
import { endRecorded, knownOf, NOBODY, pipeIn, portsOf } from './recorded.ts'
import type { ServiceRow, Store, Told } from './store.ts'
import type { Timing } from './timing.ts'
import type { Endpoint, ServiceSpec, Setting, Usage } from './types.ts'

export interface RunnerOptions {
  readonly spec: ServiceSpec
  readonly store: Store
  readonly timing: Timing
  /** The service's own folder, which is there. */
  readonly folder: string
  readonly logFile: string
  readonly secret: string
  /** Waits until a service that this one depends on is ready. */
  readonly dependency: (name: string, signal: AbortSignal) => Promise<Endpoint>
  readonly changed: () => void
  /** What the machine itself could not do, such as write its record. */
  readonly log: (message: string, error: unknown) => void
}

type Phase = 'starting' | 'up' | 'down'
const phaseOf = (state: State): Phase => (state === 'starting' ? 'starting' : state === 'ready' || state === 'degraded' ? 'up' : 'down')

/** Drives one service, in the one process that supervises it: what the machine decides is done here, one thing after the other. */
export class Runner {
  readonly #options: RunnerOptions
  readonly #log: RotatedLog
  #condition: Condition = STOPPED
  #since = Date.now()
  #turn: number
  #program: Program | undefined
  #endpoint: Endpoint | undefined
  #usage: Usage | undefined
  #notes: readonly string[] = []
  #starts = 0
  #closing = false
  #onLine: (line: string) => void = () => {}
  /** Of what the current phase does; a new phase aborts it. */
  #phase = new AbortController()
  #work: Promise<void> = Promise.resolve()

  constructor(options: RunnerOptions) {
    this.#options = options
    this.#log = new RotatedLog(options.logFile, [options.secret])
    this.#turn = this.#row().turn
  }

  /** Takes over what another process has left, or starts it; unless a person has stopped it. */
  begin(): void {
    const { spec, store, folder } = this.#options
    if (this.#row().wish !== 'stop') return this.on('start')
    this.#publish()
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
    this.#phase.abort()
    await this.#work
    this.#program?.release()
  }

  told(): Told {
    const { state, reason, failures, retryAt } = this.#condition
    return {
      heeded: this.#turn,
      state,
      reason,
      since: this.#since,
      failures: failures.length,
      retry_at: retryAt === null ? null : Math.round(retryAt),
      url: this.#endpoint?.url ?? null,
      supervisor: process.pid,
      restarts: Math.max(0, this.#starts - 1),
      cpu: this.#usage?.cpu ?? null,
      memory: this.#usage?.memory ?? null,
      handles: this.#usage?.handles ?? null,
      notes: this.#notes.join('\n'),
      tail: reason === null ? '' : this.#log.tail.join('\n'),
    }
  }

  on(event: Event, reason: string | null = null): void {
    const from = this.#condition
    this.#condition = next(from, event, { reason, now: Date.now(), random: Math.random(), policy: this.#options.timing })
    if (this.#condition === from) return
    if (this.#condition.state !== from.state) this.#since = Date.now()
    if (reason !== null) void this.#log.write([`--- ${this.#condition.state}: ${reason}`])
    this.#publish()
    this.#options.changed()
    if (event === 'restart' || phaseOf(from.state) !== phaseOf(this.#condition.state) || phaseOf(from.state) === 'down') this.#enter()
  }

  #enter(): void {
    this.#phase.abort()
    this.#phase = new AbortController()
    const { signal } = this.#phase
    const { state } = this.#condition
    if (state === 'starting') this.#do(() => this.#start(signal))
    else if (state === 'ready') void this.#watch(signal)
    else if (state !== 'stopped') this.#do(() => this.#leave(state, signal))
  }

  /** From whatever it did to the end of its process, and what comes then. */
  async #leave(state: State, signal: AbortSignal): Promise<void> {
    const { spec, timing } = this.#options
    const graceMs = state === 'stopping' ? spec.stop.graceMs : Math.min(timing.brokenGraceMs, spec.stop.graceMs)
    await this.#end({ ...spec.stop, graceMs })
    if (state === 'stopping') this.on('gone')
    if (state === 'stopping' && !this.#closing && this.#row().wish !== 'stop') this.on('start') // wished while it was stopping
    if (state !== 'restarting') return
    await sleep(Math.max(0, (this.#condition.retryAt ?? 0) - Date.now()), undefined, { signal, ref: false }).catch(() => {})
    if (!signal.aborted) this.on('due')
  }

  async #start(signal: AbortSignal): Promise<void> {
    try {
      this.#endpoint = (await this.#adopted(signal)) ?? (await this.#foreign(signal)) ?? (await this.#launched(signal))
      this.#starts += 1
      if (!signal.aborted) this.on('ready')
    } catch (error) {
      if (signal.aborted) return
      if (error instanceof VfsError && !error.retryable) this.on('hopeless', `${error.message} (${error.hint})`)
      else this.on('broken', error instanceof Error ? error.message : String(error))
    }
  }

  /** A healthy process of ours that nobody supervises any more; any other one is ended. */
  async #adopted(signal: AbortSignal): Promise<Endpoint | undefined> {
    const { spec } = this.#options
    const row = this.#row()
    const known = knownOf(row)
    if (!known || this.#program) return undefined
    const program = await Program.adopt(known, { pipe: pipeIn(this.#options.folder), take: (lines) => this.#take(lines) })
    if (!program) return undefined
    this.#follow(program)
    const endpoint = row.settings === spec.settings ? await this.#answering(portsOf(row), signal).catch(() => undefined) : undefined
    if (endpoint) await this.#log.write([`--- process ${known.pid} was taken over`])
    else if (!signal.aborted) await this.#end({ ...spec.stop, graceMs: this.#options.timing.brokenGraceMs })
    return endpoint
  }

  async #foreign(signal: AbortSignal): Promise<Endpoint | undefined> {
    const url = await this.#options.spec.foreign?.({ signal })
    this.#notes = url === undefined ? [] : ['a process that is not ours; it is used, and never ended']
    return url === undefined ? undefined : { url }
  }

  async #launched(signal: AbortSignal): Promise<Endpoint> {
    const { spec, store, folder } = this.#options
    const late = AbortSignal.any([signal, AbortSignal.timeout(spec.startMs)])
    const ports = await choosePorts(spec.ports, portsOf(this.#row()))
    const launch = await spec.prepare(await this.#setting(ports, signal), { signal: late })
    this.#notes = launch.notes
    await this.#log.begin(`${launch.command} ${launch.args.join(' ')}`)
    const ready = Promise.withResolvers<void>()
    this.#onLine = (line) => spec.ready.test(line) && ready.resolve()
    const record = ({ pid, born }: Known): Promise<void> =>
      store.record(spec.name, { pid, born, settings: spec.settings, ports: JSON.stringify(ports), started_at: Date.now() })
    const program = await Program.start(launch, { pipe: pipeIn(folder), folder, record, take: (lines) => this.#take(lines) })
    this.#follow(program)
    await inTime(ready.promise, late, `it was not ready after ${spec.startMs / 1000} s`)
    return this.#answering(ports, late)
  }

  async #answering(ports: Readonly<Record<string, number>>, signal: AbortSignal): Promise<Endpoint> {
    const { spec, secret, timing } = this.#options
    const url = await spec.url(await this.#setting(ports, signal))
    const endpoint = { url, authorization: spec.authorization?.(secret) }
    await spec.health(endpoint, { signal: AbortSignal.any([signal, AbortSignal.timeout(timing.answerMs)]) })
    return endpoint
  }

  async #setting(ports: Readonly<Record<string, number>>, signal: AbortSignal): Promise<Setting> {
    const { spec, folder, secret, dependency } = this.#options
    const dependencies = await Promise.all(spec.dependsOn.map(async (name) => [name, await dependency(name, signal)] as const))
    return { folder, secret, ports, dependencies: Object.fromEntries(dependencies) }
  }

  /** Its end at a time when it should run is a failure, whatever it ended with. */
  #follow(program: Program): void {
    this.#program = program
    void program.ended.then((how) => this.#ended(program, how))
  }

  #ended(program: Program, how: string): void {
    if (this.#program !== program) return
    const last = this.#log.tail.findLast((line) => line.trim() !== '' && !line.startsWith('---'))
    this.on('broken', `it ${how}${last === undefined ? '' : `; its last line: ${last.slice(0, 300)}`}`)
  }

  async #end(stop: ServiceSpec['stop']): Promise<void> {
    const program = this.#program
    this.#program = undefined
    this.#endpoint = undefined
    this.#usage = undefined
    if (!program) return
    await program.end(stop)
    await this.#forget()
  }

  #forget(): Promise<void> {
    return this.#options.store.record(this.#options.spec.name, { ...NOBODY, ports: this.#row().ports })
  }

  async #watch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await sleep(this.#options.timing.healthMs, undefined, { signal, ref: false }).catch(() => {})
      if (!signal.aborted) await this.#check(signal).catch((error: unknown) => this.#options.log(`${this.#options.spec.name} was not checked`, error))
    }
  }

  async #check(signal: AbortSignal): Promise<void> {
    const { spec, timing } = this.#options
    const pid = this.#program?.known.pid
    if (pid !== undefined) this.#usage = await usageOf(pid)
    const { memory = 0 } = this.#usage ?? {}
    if (signal.aborted) return
    if (memory > (spec.memoryLimit ?? Infinity))
      return this.on('broken', `it took ${memory >> 20} MiB of memory, and may take ${(spec.memoryLimit ?? 0) >> 20}`)
    const problem = await this.#problem(AbortSignal.any([signal, AbortSignal.timeout(timing.answerMs)]))
    if (signal.aborted) return
    this.on(problem === undefined ? 'healthy' : 'unhealthy', problem ?? null)
    this.#publish()
  }

  async #problem(signal: AbortSignal): Promise<string | undefined> {
    try {
      if (this.#endpoint) await this.#options.spec.health(this.#endpoint, { signal })
      return undefined
    } catch (error) {
      return signal.aborted ? 'its API does not answer in time' : `its API answers wrongly (${error instanceof Error ? error.message : String(error)})`
    }
  }

  #take(lines: string[]): Promise<void> {
    for (const line of lines) this.#onLine(line)
    return this.#log.write(lines)
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

async function inTime(done: Promise<void>, signal: AbortSignal, otherwise: string): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>()
  const onAbort = (): void => reject(new Error(otherwise))
  if (signal.aborted) onAbort()
  else signal.addEventListener('abort', onAbort, { once: true })
  try {
    await Promise.race([done, promise])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

import type { Known } from './identity.ts'
import { RotatedLog } from './log.ts'
import { usageOf } from './measure.ts'
import { choosePorts } from './ports.ts'
import { Program } from './program.ts'
import { knownOf, pipeIn, portsOf } from './recorded.ts'
import { Start } from './start.ts'
import type { ServiceRow, Store } from './store.ts'
import type { Timing } from './timing.ts'
import type { Endpoint, ServiceSpec, Setting, Usage } from './types.ts'

export interface InstanceOptions {
  readonly spec: ServiceSpec
  readonly store: Store
  readonly timing: Timing
  /** The service's own folder, which is there. */
  readonly folder: string
  readonly logFile: string
  readonly secret: string
  /** Waits until a service that this one depends on is ready, for as long as it takes. */
  readonly dependency: (name: string, signal: AbortSignal) => Promise<Endpoint>
  /** Where such a service is ready now; undefined while it is not. */
  readonly whereIs: (name: string) => string | undefined
}

/** What runs of a service, if anything: its process, where it answers, what it takes and says. It decides nothing. */
export class Instance {
  readonly log: RotatedLog
  endpoint: Endpoint | undefined
  usage: Usage | undefined
  notes: readonly string[] = []
  readonly #options: InstanceOptions
  /** Told of an end that nobody asked for. */
  readonly #ended: (how: string) => void
  #program: Program | undefined
  #dependencies: Setting['dependencies'] = {}
  #onLine: (line: string) => void = () => {}

  constructor(options: InstanceOptions, ended: (how: string) => void) {
    this.#options = options
    this.#ended = ended
    this.log = new RotatedLog(options.logFile, [options.secret])
  }

  /** Resolves when its API answers. What another process has left is taken over, what is not ours is used, else it is started. */
  async open(signal: AbortSignal): Promise<void> {
    this.endpoint = (await this.#adopted(signal)) ?? (await this.#foreign(signal)) ?? (await this.#launched(signal))
  }

  /** Resolves when nothing of it runs any more. */
  async end(graceMs: number): Promise<void> {
    const program = this.#program
    this.#program = undefined
    this.endpoint = undefined
    this.usage = undefined
    if (!program) return
    const { spec, store } = this.#options
    await program.end({ ...spec.stop, graceMs })
    await store.recordEnd(spec.name)
  }

  /** Lets it run, for another process that takes it over. */
  release(): void {
    this.#program?.release()
    this.#program = undefined // its end is the other's to tell
  }

  /** Looks at what it takes. Resolves with the reason if that is more than it may. */
  async measure(): Promise<string | undefined> {
    const pid = this.#program?.known.pid
    this.usage = pid === undefined ? undefined : await usageOf(pid)
    const { memory = 0 } = this.usage ?? {}
    const { memoryLimit = Infinity } = this.#options.spec
    return memory > memoryLimit ? `it took ${mebibytes(memory)} MiB of memory, and may take ${mebibytes(memoryLimit)}` : undefined
  }

  /** A service that it depends on and that has come back at another address. */
  moved(): string | undefined {
    return Object.entries(this.#dependencies).find(([name, { url }]) => (this.#options.whereIs(name) ?? url) !== url)?.[0]
  }

  /** Asks its API. Resolves with what is wrong. */
  async problem(signal: AbortSignal): Promise<string | undefined> {
    try {
      if (this.endpoint) await this.#options.spec.health(this.endpoint, { signal })
      return undefined
    } catch (error) {
      return signal.aborted ? 'its API does not answer in time' : `its API answers wrongly (${error instanceof Error ? error.message : String(error)})`
    }
  }

  /** A healthy process of ours that nobody supervises any more; any other one is ended. */
  async #adopted(signal: AbortSignal): Promise<Endpoint | undefined> {
    const { spec, folder, timing } = this.#options
    const row = this.#row()
    const known = knownOf(row)
    if (!known || this.#program) return undefined
    const program = await Program.adopt(known, { pipe: pipeIn(folder), folder, take: (lines) => this.#take(lines) })
    if (!program) return undefined
    this.#follow(program)
    if (!program.isHeard) return this.#replaced(known, 'its output.pipe is gone', spec.stop.graceMs)
    if (row.settings !== spec.settings) return this.#replaced(known, 'it was started with other settings', spec.stop.graceMs)
    const open = row.state === 'starting' ? this.#started(portsOf(row), signal) : this.#answering(portsOf(row), signal)
    const endpoint = await open.catch(() => undefined)
    if (endpoint) await this.log.write([`--- process ${known.pid} was taken over`])
    else if (!signal.aborted) await this.#replaced(known, 'it does not answer', timing.brokenGraceMs)
    return endpoint
  }

  /** One that another process has begun to start, and may have seen ready. */
  async #started(ports: Readonly<Record<string, number>>, signal: AbortSignal): Promise<Endpoint> {
    const answers = (): Promise<boolean> =>
      this.#answering(ports, signal).then(
        () => true,
        () => false,
      )
    await this.#newStart(answers).ready(signal)
    return this.#answering(ports, signal)
  }

  async #replaced({ pid }: Known, why: string, graceMs: number): Promise<undefined> {
    await this.log.write([`--- process ${pid} is ended: ${why}`])
    await this.end(graceMs)
  }

  async #foreign(signal: AbortSignal): Promise<Endpoint | undefined> {
    const found = await this.#options.spec.foreign?.({ signal })
    this.notes = found ? ['a process that is not ours; it is used, and never ended', ...found.notes] : []
    return found && { url: found.url }
  }

  async #launched(signal: AbortSignal): Promise<Endpoint> {
    const { spec, store, folder } = this.#options
    const ports = await choosePorts(spec.ports, portsOf(this.#row()))
    const setting = await this.#setting(ports, signal)
    const launch = await spec.prepare(setting, { signal: AbortSignal.any([signal, AbortSignal.timeout(spec.startMs)]) })
    this.notes = launch.notes
    await this.log.begin(`${launch.command} ${launch.args.join(' ')}`)
    const start = this.#newStart()
    const record = ({ pid, born }: Known): Promise<void> =>
      store.record(spec.name, { pid, born, settings: spec.settings, ports: JSON.stringify(ports), started_at: Date.now() })
    const program = await Program.start(launch, { pipe: pipeIn(folder), folder, record, take: (lines) => this.#take(lines) })
    this.#follow(program)
    await start.ready(signal)
    return this.#answering(ports, signal)
  }

  #newStart(answers?: () => Promise<boolean>): Start {
    const { spec, timing } = this.#options
    const measure = async (): Promise<Usage | undefined> => {
      const tooMuch = await this.measure()
      if (tooMuch !== undefined) throw new Error(tooMuch)
      return this.usage
    }
    const start = new Start({ spec, lookMs: timing.healthMs, measure, answers, long: (line) => void this.log.write([`--- ${line}`]) })
    this.#onLine = (line) => start.hear(line)
    return start
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
    this.#dependencies = Object.fromEntries(dependencies)
    return { folder, secret, ports, dependencies: this.#dependencies }
  }

  #follow(program: Program): void {
    this.#program = program
    void program.ended.then((how) => this.#tell(program, how))
  }

  #tell(program: Program, how: string): void {
    if (this.#program !== program) return
    const last = this.log.tail.findLast((line) => line.trim() !== '' && !line.startsWith('---'))
    this.#ended(`it ${how}${last === undefined ? '' : `; its last line: ${last.slice(0, 300)}`}`)
  }

  #take(lines: string[]): Promise<void> {
    for (const line of lines) this.#onLine(line)
    return this.log.write(lines)
  }

  #row(): ServiceRow {
    return this.#options.store.row(this.#options.spec.name)
  }
}

const mebibytes = (bytes: number): number => Math.round(bytes / 2 ** 20)

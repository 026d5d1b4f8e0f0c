import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Hold } from '../sqlite/hold.ts'
import { isAlive } from './identity.ts'
import { endRecorded, knownOf, NOBODY, QUIET } from './recorded.ts'
import { Runner, type RunnerOptions } from './runner.ts'
import { secretIn } from './secret.ts'
import { statusOf } from './status.ts'
import type { Endpoint, ServiceSpec, ServiceStatus } from './types.ts'
import { Users } from './users.ts'

export interface MemberOptions extends Pick<RunnerOptions, 'spec' | 'store' | 'timing' | 'log' | 'dependency' | 'whereIs'> {
  /** The data folder. */
  readonly data: string
  /** Told of every state that it comes into. */
  readonly changed: (status: Pick<ServiceStatus, 'name' | 'state' | 'reason'>) => void
}

/**
 * This process's part in one service: one of all processes of the data folder supervises it, whoever holds its name; the
 * others use what it tells, and one of them takes over when it has gone.
 */
export class Member {
  readonly spec: ServiceSpec
  readonly #options: MemberOptions
  readonly #folder: string
  readonly #run: string
  readonly #users: Users
  #hold: Hold | undefined
  #runner: Runner | undefined
  #joined: Promise<void> | undefined
  /** The last change that another process told and this one has heard of. */
  #heard: number | undefined
  #secret: Promise<string> | undefined

  constructor(options: MemberOptions) {
    this.#options = options
    this.spec = options.spec
    this.#folder = join(options.data, 'services', options.spec.name)
    this.#run = join(options.data, 'run')
    this.#users = new Users(this.#run, options.store, options.spec.name)
  }

  /** From now on this process uses it, and runs it if nobody else does. */
  join(): Promise<void> {
    return (this.#joined ??= this.#join().catch((error: unknown) => {
      this.#joined = undefined // the next call tries again
      throw error
    }))
  }

  status(): ServiceStatus {
    const { store, timing } = this.#options
    return statusOf({ ...store.row(this.spec.name), ...this.#runner?.told() }, timing.attempts)
  }

  /** That, for whoever only looks: where nobody supervises it now, what the last one told holds as long as its process lives. */
  async observed(): Promise<ServiceStatus> {
    if (this.#isAttended()) return this.status()
    const row = this.#options.store.row(this.spec.name)
    const known = knownOf(row)
    const now = known && (await isAlive(known)) ? row : { ...row, ...NOBODY, ...QUIET, reason: row.reason, tail: row.tail }
    return { ...statusOf(now, this.#options.timing.attempts), supervisor: null }
  }

  async endpoint(url: string): Promise<Endpoint> {
    return { url, authorization: this.spec.authorization?.(await this.#secretOnce()) }
  }

  /** What other processes have done: a wish to carry out, a change to tell, a place to take. */
  async look(): Promise<void> {
    if (!this.#joined) return
    if (this.#runner) this.#runner.heed()
    else await this.#lead()
  }

  /** A wish is carried out at once where this process can: what nobody supervises ends. */
  async heed(): Promise<void> {
    if (this.#runner) this.#runner.heed()
    else await this.#endIfNobody()
  }

  /** The last of its users ends it. */
  async leave(): Promise<void> {
    await this.#joined?.catch(() => {})
    if (!this.#users.joined) return
    await this.#users.leave()
    const runner = this.#runner
    if (runner) await ((await this.#users.others()) ? runner.detach() : runner.stop())
    this.#runner = undefined
    this.#hold?.release()
    // Whoever leaves at the same time saw us still there, and we them: the later look finds nobody.
    if (!(await this.#users.others())) await this.#endIfNobody()
  }

  #isAttended(): boolean {
    if (this.#runner || !existsSync(join(this.#run, `${this.#name}.lock`))) return this.#runner !== undefined
    const hold = Hold.try(this.#run, this.#name)
    hold?.release()
    return hold === undefined
  }

  async #join(): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    await mkdir(this.#run, { recursive: true, mode: 0o700 })
    await this.#users.join()
    await this.#lead()
  }

  async #lead(): Promise<void> {
    const hold = Hold.try(this.#run, this.#name)
    if (!hold) return this.#hear()
    try {
      if (this.#heard !== undefined) this.#hear() // the last of what its supervisor did before it went
      this.#runner = await this.#newRunner()
      this.#runner.begin()
      this.#hold = hold
    } catch (error) {
      this.#runner = undefined
      hold.release() // who cannot lead must not keep others from it
      throw error
    }
  }

  async #newRunner(): Promise<Runner> {
    const { data, store, timing, log, dependency, whereIs } = this.#options
    return new Runner({
      spec: this.spec,
      store,
      timing,
      log,
      dependency,
      whereIs,
      folder: this.#folder,
      logFile: logFileOf(data, this.spec.name),
      secret: await this.#secretOnce(),
      changed: () => this.#options.changed(this.status()),
    })
  }

  #secretOnce(): Promise<string> {
    return (this.#secret ??= secretIn(this.#folder).catch((error: unknown) => {
      this.#secret = undefined // the next one tries again
      throw error
    }))
  }

  async #endIfNobody(): Promise<void> {
    await mkdir(this.#run, { recursive: true, mode: 0o700 })
    using hold = Hold.try(this.#run, this.#name)
    if (hold) await endRecorded(this.spec, this.#options.store, this.#folder)
  }

  /** At first of the state that it is in, then of each that it came into since. */
  #hear(): void {
    const { store, changed } = this.#options
    const changes = store.changes(this.spec.name, this.#heard ?? 0)
    for (const { state, reason } of this.#heard === undefined ? changes.slice(-1) : changes) changed({ name: this.spec.name, state, reason })
    this.#heard = changes.at(-1)?.seq ?? this.#heard ?? 0
  }

  get #name(): string {
    return `service-${this.spec.name}`
  }
}

export const logFileOf = (data: string, name: string): string => join(data, 'logs', `${name}.log`)

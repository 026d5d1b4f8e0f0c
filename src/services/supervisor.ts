import { setTimeout as sleep } from 'node:timers/promises'
import type { Call } from '../core/backend.ts'
import { throwIfAborted, type VfsError } from '../core/error.ts'
import type { EventBus } from '../core/events.ts'
import { isComing, unavailable } from './describe.ts'
import { Member, type MemberOptions } from './member.ts'
import { Store } from './store.ts'
import { TIMING, type Timing } from './timing.ts'
import type { Endpoint, Services, ServiceSpec, ServiceStatus, Wish } from './types.ts'

export interface SupervisorOptions {
  /** The data folder. */
  readonly folder: string
  /** Each after those that it depends on. */
  readonly specs: readonly ServiceSpec[]
  readonly events: EventBus
  readonly log: (message: string, error: unknown) => void
  readonly timing?: Partial<Timing> | undefined
}

const WAIT_MS = 25
/** Beyond the time of a start that does nothing. */
const PATIENCE_MS = 5000

export class Supervisor implements Services {
  readonly #members: ReadonlyMap<string, Member>
  readonly #store: Store
  readonly #timing: Timing
  readonly #log: SupervisorOptions['log']
  #timer: NodeJS.Timeout | undefined
  #looking: Promise<void> = Promise.resolve()

  private constructor({ folder, specs, events, log }: SupervisorOptions, timing: Timing, store: Store) {
    this.#store = store
    this.#timing = timing
    this.#log = log
    const changed: MemberOptions['changed'] = ({ name, state, reason }) => void events.emit('service', { name, state, reason })
    const dependency = (name: string, signal: AbortSignal): Promise<Endpoint> => this.#ready(name, signal)
    const whereIs = (name: string): string | undefined => this.#whereIs(name)
    this.#members = new Map(specs.map((spec) => [spec.name, new Member({ spec, data: folder, store, timing, log, dependency, whereIs, changed })]))
  }

  static async open(options: SupervisorOptions): Promise<Supervisor> {
    const names = options.specs.map(({ name }) => name)
    return new Supervisor(options, { ...TIMING, ...options.timing }, await Store.open(options.folder, names))
  }

  status(): Promise<ServiceStatus[]> {
    return Promise.all([...this.#members.values()].map((member) => member.observed()))
  }

  async endpoint(name: string, { signal }: Call = {}): Promise<Endpoint> {
    const member = await this.#joined(name)
    const deadline = Date.now() + member.spec.startMs + PATIENCE_MS
    for (;;) {
      throwIfAborted(signal)
      const status = member.status()
      if (status.state === 'ready' && status.url !== null) return member.endpoint(status.url)
      if (!isComing(status) || Date.now() > deadline) throw unavailable(status, Date.now())
      await sleep(WAIT_MS, undefined, { signal }).catch(() => {})
    }
  }

  absence(name: string): VfsError | undefined {
    const status = this.#member(name).status()
    return status.state === 'ready' || isComing(status) ? undefined : unavailable(status, Date.now())
  }

  async wish(name: string, wish: Wish): Promise<void> {
    const member = this.#member(name)
    await this.#store.wish(name, wish)
    await member.heed()
  }

  /** What depends on others ends first. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer)
    await this.#looking
    for (const member of [...this.#members.values()].toReversed())
      await member.leave().catch((error: unknown) => this.#log(`${member.spec.name} could not be left`, error))
    await this.#store[Symbol.asyncDispose]()
  }

  async #joined(name: string): Promise<Member> {
    const member = this.#member(name)
    await member.join()
    this.#timer ??= setInterval(() => this.#look(), this.#timing.lookMs).unref()
    return member
  }

  #look(): void {
    this.#looking = this.#looking.then(() => this.#lookAtAll())
  }

  async #lookAtAll(): Promise<void> {
    for (const member of this.#members.values()) await member.look().catch((error: unknown) => this.#log(`${member.spec.name} could not be looked at`, error))
  }

  /** As long as it takes: what waits for another service has not failed. */
  async #ready(name: string, signal: AbortSignal): Promise<Endpoint> {
    const member = await this.#joined(name)
    for (;;) {
      signal.throwIfAborted()
      const { state, url } = member.status()
      if (state === 'ready' && url !== null) return member.endpoint(url)
      await sleep(WAIT_MS, undefined, { signal, ref: false })
    }
  }

  #whereIs(name: string): string | undefined {
    const { state, url } = this.#member(name).status()
    return state === 'ready' && url !== null ? url : undefined
  }

  #member(name: string): Member {
    const member = this.#members.get(name)
    if (!member) throw new TypeError(`no service is called ${name}`)
    return member
  }
}

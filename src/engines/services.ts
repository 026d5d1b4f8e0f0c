import type { Config } from '../config/schema.ts'
import type { EventBus } from '../core/events.ts'
import { troubles } from '../services/troubles.ts'
import type { Services } from '../services/types.ts'

export interface ServicesParts {
  readonly env: NodeJS.ProcessEnv
  readonly events: EventBus
  readonly log: (message: string, error: unknown) => void
}

/** The programs beside us: their supervisor is loaded when something first needs one. */
export class LazyServices implements AsyncDisposable {
  readonly #open: () => Promise<Services>
  #opened: Promise<Services> | undefined

  constructor(config: Config, { env, events, log }: ServicesParts) {
    events.on('service', troubles(log))
    this.#open = async () => {
      const [{ Supervisor }, { serviceSpecs }] = await Promise.all([import('../services/supervisor.ts'), import('./specs.ts')])
      return Supervisor.open({ folder: config.data_dir, specs: serviceSpecs(config, env), events, log })
    }
  }

  get(): Promise<Services> {
    return (this.#opened ??= this.#opening())
  }

  #opening(): Promise<Services> {
    const opening = this.#open()
    opening.catch(() => {
      if (this.#opened === opening) this.#opened = undefined // the next call tries again
    })
    return opening
  }

  /** Nothing that was started is needed any more; the next call begins anew. Why an opening failed is told to who asked for it. */
  async close(): Promise<void> {
    const opened = this.#opened
    this.#opened = undefined
    const services = await opened?.catch(() => undefined)
    await services?.[Symbol.asyncDispose]()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

import { setTimeout as sleep } from 'node:timers/promises'
import { unusable } from './executable.ts'
import type { ServiceSpec, Usage } from './types.ts'

/** Percent of one processor: what only waits takes less. */
const AT_WORK = 1

export interface StartOptions {
  readonly spec: Pick<ServiceSpec, 'name' | 'ready' | 'startMs' | 'longestStartMs'>
  /** Between two looks at what it does. */
  readonly lookMs: number
  /** What it takes now. Rejects if that is too much. */
  readonly measure: () => Promise<Usage | undefined>
  /** Where it may have said already that it is ready, to another reader: whether it is. */
  readonly answers?: (() => Promise<boolean>) | undefined
  /** Told when it takes longer than one may that does nothing. */
  readonly long: (line: string) => void
}

/** A program that has been launched and is not ready yet: a large repository, a migration or a slow disk may take it long. */
export class Start {
  readonly #options: StartOptions
  readonly #over = new AbortController()
  #heard = false

  constructor(options: StartOptions) {
    this.#options = options
  }

  /** A line of its output. */
  hear(line: string): void {
    this.#heard = true
    if (this.#options.spec.ready.test(line)) this.#over.abort()
  }

  /** Resolves when it has said that it is ready. As long as it says something, or works, it gets more time, up to a limit. */
  async ready(signal: AbortSignal): Promise<void> {
    const { spec, lookMs, answers, long } = this.#options
    const begun = performance.now()
    const over = AbortSignal.any([signal, this.#over.signal])
    for (let lived = begun, told = false; ;) {
      if (await answers?.()) return
      await sleep(lookMs, undefined, { signal: over, ref: false }).catch(() => {})
      signal.throwIfAborted()
      if (over.aborted) return
      const now = performance.now()
      if (await this.#lives()) lived = now
      if (now - lived > spec.startMs) throw new Error(`it was not ready after ${seconds(now - begun)}, and did nothing for ${seconds(spec.startMs)}`)
      if (now - begun > spec.longestStartMs) throw this.#tooLong()
      if (!told && now - begun > spec.startMs)
        long(`not ready after ${seconds(spec.startMs)}; as long as it is at work it has up to ${seconds(spec.longestStartMs)}`)
      told ||= now - begun > spec.startMs
    }
  }

  /** Whether it has done anything since the last look. */
  async #lives(): Promise<boolean> {
    const heard = this.#heard
    this.#heard = false
    const { cpu = 0 } = (await this.#options.measure()) ?? {}
    return heard || cpu >= AT_WORK
  }

  #tooLong(): Error {
    const { name, longestStartMs } = this.#options.spec
    return unusable(`it was not ready after ${seconds(longestStartMs)}, the longest that a start may take`, `What it was at: polymount services logs ${name}`)
  }
}

const seconds = (ms: number): string => `${Math.round(ms / 100) / 10} s`

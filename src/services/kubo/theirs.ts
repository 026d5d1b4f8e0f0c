import type { Call } from '../../core/backend.ts'
import { VfsError } from '../../core/error.ts'
import type { Endpoint } from '../types.ts'
import { askVersion, warningOf } from './version.ts'

const PATIENCE_MS = 2000

/** A daemon that somebody else runs. Its version is asked for with the first call, and until it is one that can be used. */
export class TheirKubo {
  readonly #target: Endpoint
  #isUsable = false

  constructor(target: Endpoint) {
    this.#target = target
  }

  /** Rejects SERVICE_UNAVAILABLE of one that is too old. What it does not answer to, the call that follows tells. */
  async endpoint(call?: Call): Promise<Endpoint> {
    if (!this.#isUsable) await this.#warning(call)
    return this.#target
  }

  /** What a person should know of it. */
  async notes(call?: Call): Promise<string[]> {
    const note = await this.#warning(call).catch(asNote)
    return note === undefined ? [] : [note]
  }

  async #warning({ signal }: Call = {}): Promise<string | undefined> {
    const late = AbortSignal.timeout(PATIENCE_MS)
    const version = await askVersion(this.#target, { signal: signal ? AbortSignal.any([signal, late]) : late })
    const found = version === undefined ? undefined : warningOf(version, `the daemon at ${this.#target.url}`)
    this.#isUsable = version !== undefined
    return found
  }
}

function asNote(error: unknown): string {
  if (error instanceof VfsError) return `${error.message} (${error.hint})`
  throw error
}

import type { CID } from 'multiformats/cid'
import type { Call } from '../core/backend.ts'
import { isCode, throwIfAborted, VfsError } from '../core/error.ts'
import type { Delivery, Source } from './types.ts'

/** One who was named. */
export interface Provider {
  readonly address: string
  /** A verified block. Rejects NOT_FOUND, INVALID_BLOCK, and whatever keeps it from answering; it does not wait for ever. */
  get(cid: CID, call?: Call): Promise<Delivery>
}

const FAILURES = 3
const MAX_SAID = 1500
const NEWEST = 0.3 // what the last answer counts in the average

interface Asked {
  readonly provider: Provider
  /** Requests that run now. */
  running: number
  /** What one took of late. */
  ms: number
  /** In a row. */
  failures: number
  /** Why it is asked no more. */
  lost?: unknown
}

/** Several providers, each asked for other blocks; what one does not deliver, the next one does. Who sends something wrong, or fails again and again, is asked no more. */
export class Providers implements Source {
  readonly ahead = 16
  readonly #asked: readonly Asked[]
  readonly #client: Disposable

  /** `client`: what they are asked with, which goes with them. */
  constructor(providers: readonly Provider[], client: Disposable) {
    this.#client = client
    this.#asked = providers.map((provider) => ({ provider, running: 0, ms: 0, failures: 0 }))
  }

  async get(cid: CID, { signal }: Call = {}): Promise<Delivery> {
    const tried = new Map<Asked, unknown>()
    for (let next = this.#next(tried); next; next = this.#next(tried)) {
      try {
        return await this.#ask(next, cid, signal)
      } catch (error) {
        throwIfAborted(signal, 'retrieve')
        tried.set(next, error)
      }
    }
    throw nobody(cid, new Map(this.#asked.map((one) => [one.provider.address, tried.get(one) ?? one.lost])))
  }

  async end(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client[Symbol.dispose]()
  }

  /** The one that would be done first. */
  #next(tried: ReadonlyMap<Asked, unknown>): Asked | undefined {
    return this.#asked.filter((one) => one.lost === undefined && !tried.has(one)).toSorted((a, b) => waitFor(a) - waitFor(b))[0]
  }

  async #ask(asked: Asked, cid: CID, signal: AbortSignal | undefined): Promise<Delivery> {
    const since = performance.now()
    asked.running++
    try {
      const block = await asked.provider.get(cid, { signal })
      asked.failures = 0
      asked.ms += (performance.now() - since - asked.ms) * NEWEST
      return block
    } catch (error) {
      const isOver = isCode(error, 'INVALID_BLOCK', 'DENIED') || (!isCode(error, 'NOT_FOUND') && ++asked.failures >= FAILURES)
      if (isOver) asked.lost ??= error
      throw error
    } finally {
      asked.running--
    }
  }
}

const waitFor = ({ running, ms }: Asked): number => (running + 1) * (ms + 1)

/** The worst that was met is the code. */
function nobody(cid: CID, failed: ReadonlyMap<string, unknown>): VfsError {
  const errors = [...failed.values()]
  const worst = errors.find((error) => isCode(error, 'INVALID_BLOCK', 'DENIED', 'OFFLINE'))
  const missed = errors.some((error) => isCode(error, 'NOT_FOUND', 'TIMEOUT', 'CONTENT_NOT_FOUND_IN_TIME'))
  const said = [...failed].map(([provider, error]) => `${provider}: ${error instanceof Error ? error.message : String(error)}`)
  const code = isCode(worst, 'INVALID_BLOCK', 'DENIED', 'OFFLINE') ? worst.code : missed ? 'CONTENT_NOT_FOUND_IN_TIME' : 'NO_PEERS'
  return new VfsError(code, `no provider delivered ${cid.toString()}: ${said.join('; ').slice(0, MAX_SAID)}`, {
    cause: worst ?? errors[0],
    hint: isCode(worst, 'DENIED', 'OFFLINE') ? worst.hint : 'Nothing was written. Name other providers, or repeat the call later.',
  })
}

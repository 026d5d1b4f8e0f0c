import type { CID } from 'multiformats/cid'
import type { Call } from '../core/backend.ts'
import { isCode, throwIfAborted, VfsError } from '../core/error.ts'
import type { Delivery, Source } from './types.ts'

/** One who was named. */
export interface Provider {
  readonly address: string
  /** A verified block. Rejects NOT_FOUND, INVALID_BLOCK, and whatever keeps it from answering. */
  get(cid: CID, call?: Call): Promise<Delivery>
}

const ATTEMPT_MS = 15_000
const FAILURES = 3
const MAX_SAID = 1500

interface Asked {
  readonly provider: Provider
  /** Requests that run now. */
  running: number
  /** In a row. */
  failures: number
  lost: boolean
}

/** Several providers, each asked for other blocks; what one does not deliver, the next one does. Who sends something wrong is asked no more. */
export class Providers implements Source {
  readonly ahead = 16
  readonly #asked: readonly Asked[]
  readonly #client: Disposable

  /** `client`: what they are asked with, which goes with them. */
  constructor(providers: readonly Provider[], client: Disposable) {
    this.#client = client
    this.#asked = providers.map((provider) => ({ provider, running: 0, failures: 0, lost: false }))
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
    throw nobody(
      cid,
      [...tried].map(([{ provider }, error]) => ({ provider: provider.address, error })),
    )
  }

  async end(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client[Symbol.dispose]()
  }

  /** The least busy one; one that is lost only where no other is left, which then has the last word. */
  #next(tried: ReadonlyMap<Asked, unknown>): Asked | undefined {
    const left = this.#asked.filter((one) => !tried.has(one))
    const sound = left.filter(({ lost }) => !lost)
    return (sound.length > 0 ? sound : tried.size === 0 ? left : []).toSorted((a, b) => a.running - b.running)[0]
  }

  async #ask(asked: Asked, cid: CID, caller: AbortSignal | undefined): Promise<Delivery> {
    const late = AbortSignal.timeout(ATTEMPT_MS)
    asked.running++
    try {
      const block = await asked.provider.get(cid, { signal: caller ? AbortSignal.any([caller, late]) : late })
      asked.failures = 0
      return block
    } catch (error) {
      asked.lost ||= isCode(error, 'INVALID_BLOCK', 'DENIED') || (!isCode(error, 'NOT_FOUND') && ++asked.failures >= FAILURES)
      throw late.aborted ? new VfsError('TIMEOUT', `gave no block within ${ATTEMPT_MS} ms`, { cause: error }) : error
    } finally {
      asked.running--
    }
  }
}

interface Failed {
  readonly provider: string
  readonly error: unknown
}

/** The worst that was met is the code. */
function nobody(cid: CID, failed: readonly Failed[]): VfsError {
  const errors = failed.map(({ error }) => error)
  const worst = errors.find((error) => isCode(error, 'INVALID_BLOCK', 'DENIED', 'OFFLINE'))
  const missed = errors.some((error) => isCode(error, 'NOT_FOUND', 'TIMEOUT', 'CONTENT_NOT_FOUND_IN_TIME'))
  const said = failed.map(({ provider, error }) => `${provider}: ${error instanceof Error ? error.message : String(error)}`)
  const code = isCode(worst, 'INVALID_BLOCK', 'DENIED', 'OFFLINE') ? worst.code : missed ? 'CONTENT_NOT_FOUND_IN_TIME' : 'NO_PEERS'
  return new VfsError(code, `no provider delivered ${cid.toString()}: ${said.join('; ').slice(0, MAX_SAID)}`, {
    cause: worst ?? errors[0],
    hint: isCode(worst, 'DENIED', 'OFFLINE') ? worst.hint : 'Nothing was written. Name other providers, or repeat the call later.',
  })
}

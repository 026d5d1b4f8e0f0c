import { Pool } from 'undici'
import { collect } from '../../src/core/bytes.ts'
import { VfsError } from '../../src/core/error.ts'
import { CONNECT_MS, SILENCE_MS } from './dial.ts'

const LINES = 50 // as many as the SDK has
const IDLE_MS = 2000 // less than any server keeps an idle connection: it is not to be lost under a request
const MOST = 64 * 1024 // bytes of an answer

export interface Errand {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

export interface Answer {
  readonly status: number
  /** By names in small letters. */
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
}

/** Small requests to one server, none of which is made twice: undici takes half the work for each that node:http takes. */
export class Errands implements Disposable {
  readonly #pool: Pool

  constructor({ origin }: URL) {
    this.#pool = new Pool(origin, {
      connections: LINES,
      connect: { timeout: CONNECT_MS },
      headersTimeout: SILENCE_MS,
      bodyTimeout: SILENCE_MS,
      keepAliveTimeout: IDLE_MS,
      keepAliveMaxTimeout: IDLE_MS,
      allowH2: false,
    })
  }

  /** Rejects with the reason why no whole answer came, as the SDK names it. */
  async ask(errand: Errand, signal: AbortSignal | undefined): Promise<Answer> {
    try {
      const { statusCode: status, headers, body } = await this.#pool.request({ ...errand, signal: signal ?? null })
      return { status, headers: single(headers), text: Buffer.from(await collect(body, MOST)).toString() }
    } catch (error) {
      throw named(error)
    }
  }

  [Symbol.dispose](): void {
    void this.#pool.destroy()
  }
}

/** Nobody knows whether a request took effect whose answer is too long to be one. */
function named(cause: unknown): unknown {
  if (cause instanceof VfsError) return new Error('the answer is not understood', { cause })
  if (cause instanceof Error && cause.name.includes('Timeout')) return Object.assign(new Error('the storage is silent', { cause }), { name: 'TimeoutError' })
  return cause
}

const single = (headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value].flat().join(', ')]))

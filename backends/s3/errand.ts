import { type Dispatcher, Pool } from 'undici'
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
  ask(errand: Errand, signal: AbortSignal | undefined): Promise<Answer> {
    const reply = new Reply(signal)
    if (!signal?.aborted) this.#pool.dispatch(errand, reply)
    return reply.answer
  }

  [Symbol.dispose](): void {
    void this.#pool.destroy()
  }
}

type Headers = Readonly<Record<string, string | string[] | undefined>>

/** Puts one answer together: the streams that undici makes of them take longer than all the rest of such a request. */
class Reply implements Dispatcher.DispatchHandler {
  readonly answer: Promise<Answer>
  readonly #settle = Promise.withResolvers<Answer>()
  readonly #signal: AbortSignal | undefined
  readonly #parts: Buffer[] = []
  #controller: Dispatcher.DispatchController | undefined
  #status = 0
  #headers: Headers = {}
  #size = 0

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal
    this.answer = this.#settle.promise
    if (signal?.aborted) this.#giveUp()
    else signal?.addEventListener('abort', this.#giveUp, { once: true })
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#signal?.aborted) this.#giveUp()
  }

  /** What a server says before its answer comes here too. */
  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: Headers): void {
    this.#status = status
    this.#headers = headers
  }

  onResponseData(controller: Dispatcher.DispatchController, part: Buffer): void {
    this.#size += part.length
    this.#parts.push(part)
    if (this.#size > MOST) controller.abort(new Error('the answer is not understood')) // nobody knows whether such a request took effect
  }

  onResponseEnd(): void {
    this.#over()
    this.#settle.resolve({ status: this.#status, headers: single(this.#headers), text: Buffer.concat(this.#parts).toString() })
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#over()
    this.#settle.reject(named(error))
  }

  /** At once, also while it waits for a connection. */
  readonly #giveUp = (): void => {
    const reason: unknown = this.#signal?.reason
    this.#settle.reject(reason)
    this.#controller?.abort(reason instanceof Error ? reason : new Error('the call was given up', { cause: reason }))
  }

  #over(): void {
    this.#signal?.removeEventListener('abort', this.#giveUp)
  }
}

function named(cause: Error): Error {
  return cause.name.includes('Timeout') ? Object.assign(new Error('the storage is silent', { cause }), { name: 'TimeoutError' }) : cause
}

/** Some send a header twice. */
function single(headers: Headers): Record<string, string> {
  const told: Record<string, string> = {}
  for (const name in headers) {
    const value = headers[name]
    told[name] = Array.isArray(value) ? value.join(', ') : (value ?? '')
  }
  return told
}

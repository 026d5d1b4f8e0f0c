import { once } from 'node:events'
import { PassThrough, type Readable, type Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { isJSONRPCNotification, isJSONRPCRequest, type JSONRPCMessage } from '@modelcontextprotocol/server'
import { StdioServerTransport } from '@modelcontextprotocol/server/stdio'

/**
 * A client that has ended its side of the pipe may still read: what it has asked should be answered before the end of stdin
 * closes the transport and cancels every call.
 */
export class AnsweringTransport extends StdioServerTransport {
  /** Resolves at the end of stdin. */
  readonly ended: Promise<unknown>
  readonly #unanswered = new Set<unknown>()
  #onAnswered = Promise.withResolvers<void>()

  constructor(stdin: Readable, stdout: Writable) {
    super(stdin.pipe(new PassThrough(), { end: false }), stdout)
    this.ended = once(stdin, 'close')
  }

  override async start(): Promise<void> {
    const deliver = this.onmessage
    this.onmessage = (message) => {
      this.#note(message)
      deliver?.(message)
    }
    await super.start()
  }

  override async send(message: JSONRPCMessage): Promise<void> {
    await super.send(message)
    if (!('method' in message)) this.#settle(message.id)
  }

  /** Listening has no answer before the end, and what the client cancelled gets none. */
  #note(message: JSONRPCMessage): void {
    if (isJSONRPCRequest(message) && message.method !== 'subscriptions/listen') this.#unanswered.add(message.id)
    else if (isJSONRPCNotification(message) && message.method === 'notifications/cancelled') this.#settle(message.params?.['requestId'])
  }

  #settle(id: unknown): void {
    if (this.#unanswered.delete(id) && this.#unanswered.size === 0) this.#onAnswered.resolve()
  }

  /** Resolves when every request has its answer, or after so many milliseconds. */
  async answered(ms: number): Promise<void> {
    this.#onAnswered = Promise.withResolvers()
    if (this.#unanswered.size === 0) return
    const done = new AbortController()
    const late = sleep(ms, undefined, { signal: done.signal }).catch(() => {})
    await Promise.race([this.#onAnswered.promise, late])
    done.abort()
  }
}

import { setTimeout as sleep } from 'node:timers/promises'
import type { JSONRPCMessage } from '@modelcontextprotocol/server'

/** The requests of one client that have no answer yet. */
export class Unanswered {
  readonly #ids = new Set<unknown>()
  #onNone = Promise.withResolvers<void>()

  /** Listening has no answer before the end, and what the client cancelled gets none. */
  came(message: JSONRPCMessage): void {
    if (!('method' in message)) return
    if ('id' in message && message.method !== 'subscriptions/listen') this.#ids.add(message.id)
    else if (message.method === 'notifications/cancelled') this.#settle(message.params?.['requestId'])
  }

  went(message: JSONRPCMessage): void {
    if (!('method' in message)) this.#settle(message.id)
  }

  /** Resolves when there are none, or after so many milliseconds. */
  async none(ms: number): Promise<void> {
    this.#onNone = Promise.withResolvers()
    if (this.#ids.size === 0) return
    const done = new AbortController()
    const late = sleep(ms, undefined, { signal: done.signal }).catch(() => {})
    await Promise.race([this.#onNone.promise, late])
    done.abort()
  }

  #settle(id: unknown): void {
    if (this.#ids.delete(id) && this.#ids.size === 0) this.#onNone.resolve()
  }
}

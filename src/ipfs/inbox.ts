import { randomUUID } from 'node:crypto'
import type { Message } from './network-types.ts'

const MAX_MESSAGES = 1000
const MAX_BYTES = 2 << 20

export interface Held {
  /** Counts the messages of an inbox from 0, those that were dropped included. */
  readonly position: number
  readonly received: Date
  readonly message: Message
}

export interface Letters {
  readonly held: readonly Held[]
  /** Where the next one begins. */
  readonly next: number
  /** Messages that came since the asked position and are gone, because too many came. */
  readonly dropped: number
  /** Those that are held after these. */
  readonly more: number
}

interface Most {
  readonly messages: number
  readonly bytes: number
}

/** What came on one topic, for readers who come by: the oldest is dropped when it is too much, and counted. */
export class Inbox {
  /** Of this subscription: a position means nothing to another one. */
  readonly id = randomUUID()
  readonly #held: Held[] = []
  readonly #waiting = new Set<() => void>()
  #bytes = 0
  #next = 0

  push(message: Message): void {
    const data = Uint8Array.from(message.data) // a library's part of a larger buffer would keep all of it
    this.#held.push({ position: this.#next++, received: new Date(), message: { ...message, data } })
    this.#bytes += data.length
    while (this.#held.length > MAX_MESSAGES || this.#bytes > MAX_BYTES) this.#bytes -= this.#held.shift()?.message.data.length ?? 0
    for (const wake of this.#waiting) wake()
  }

  /** From a position on; of a large rest as many as the limits let through, and at least one. */
  from(position: number, most: Most): Letters {
    const rest = this.#held.slice(Math.max(0, position - this.#first))
    const held = rest.slice(0, fitting(rest, most))
    return { held, next: (held.at(-1)?.position ?? this.#next - 1) + 1, dropped: Math.max(0, this.#first - position), more: rest.length - held.length }
  }

  /** The last ones that the limits let through; what came before them counts as dropped. */
  newest(most: Most): Letters {
    const held = this.#held.slice(this.#held.length - fitting(this.#held.toReversed(), most))
    return { held, next: this.#next, dropped: held[0]?.position ?? this.#next, more: 0 }
  }

  /** Resolves when there is something at the position, when the time is over, or when the caller goes. */
  async arrival(position: number, ms: number, signal: AbortSignal): Promise<void> {
    if (position < this.#next || ms === 0 || signal.aborted) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, ms)
    this.#waiting.add(resolve)
    signal.addEventListener('abort', () => resolve(), { once: true })
    await promise
    clearTimeout(timer)
    this.#waiting.delete(resolve)
  }

  get #first(): number {
    return this.#held[0]?.position ?? this.#next
  }
}

/** How many of these the limits let through: at least one, if there is one. */
function fitting(held: readonly Held[], most: Most): number {
  let bytes = 0
  const past = held.findIndex(({ message }, count) => {
    bytes += message.data.length
    return count === most.messages || (count > 0 && bytes > most.bytes)
  })
  return past === -1 ? held.length : past
}

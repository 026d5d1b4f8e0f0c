import { setTimeout as sleep } from 'node:timers/promises'
import type { Bytes } from '../core/backend.ts'
import { throwIfAborted } from '../core/error.ts'

const BURST_MS = 250 // so much may go at once after a rest

/** Bytes per second, of all streams that share it: each part is paid for in time before the next is asked for. */
export class Pace {
  readonly #bytesPerMs: number
  /** When all that went so far is paid for, on performance.now's clock. */
  #paid = 0

  constructor(bytesPerSecond: number) {
    this.#bytesPerMs = bytesPerSecond / 1000
  }

  async *of(source: Bytes, signal: AbortSignal | undefined): Bytes {
    for await (const part of source) {
      await this.#pay(part.length, signal)
      yield part
    }
  }

  async #pay(bytes: number, signal: AbortSignal | undefined): Promise<void> {
    const now = performance.now()
    this.#paid = Math.max(this.#paid, now - BURST_MS) + bytes / this.#bytesPerMs
    const wait = this.#paid - now
    if (wait > 0) await sleep(wait, undefined, signal ? { signal } : {}).catch(() => throwIfAborted(signal))
  }
}

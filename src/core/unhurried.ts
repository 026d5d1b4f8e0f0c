import { setImmediate as breathe } from 'node:timers/promises'
import type { Call } from './backend.ts'
import { throwIfAborted } from './error.ts'

const AT_ONCE = 100 // items of which each takes some microseconds
const LONG_MS = 10

/** Items that are at hand at once, given so that others get their turn between many of them. */
export async function* unhurried<T>(items: Iterable<T>, { signal }: Call): AsyncGenerator<T> {
  let count = 0
  for (const item of items) {
    if (++count % AT_ONCE === 0) await breathe()
    throwIfAborted(signal)
    yield item
  }
}

/** For work of many steps that may find all it needs at hand, and so never wait: `between` them others get their turn, now and then. */
export class Pauses {
  #last = 0

  async between(): Promise<void> {
    if (performance.now() - this.#last < LONG_MS) return
    await breathe()
    this.#last = performance.now()
  }
}

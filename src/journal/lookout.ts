import type { Backend } from '../core/backend.ts'
import { beforeOf, foreseenOf, type ChangeRow } from './rows.ts'

const FIRST_MS = 500
const LONGEST_MS = 60_000

type Left = Pick<ChangeRow, 'before' | 'after' | 'left_at'>

/** When what was asked for in its name can take effect no more (journal.md, 15); undefined where that ended with its process. */
export function dueAt(change: Left, { outlives }: Pick<Backend, 'outlives'>): number | undefined {
  const size = (foreseenOf(change) ?? beforeOf(change))?.size ?? 0
  return outlives && leftAt(change) + outlives(size)
}

/** One in the future is of a clock that has been set since. */
function leftAt({ left_at }: Left): number {
  const now = Date.now()
  return Math.min(left_at ?? now, now)
}

/** Looks at changes in doubt without being asked: soon, then less and less often, and when they are due. */
export class Lookout implements AsyncDisposable {
  readonly #look: (seq: number) => Promise<unknown>
  readonly #timers = new Map<number, NodeJS.Timeout>()
  /** Before the next look at each, in milliseconds. */
  readonly #pauses = new Map<number, number>()
  readonly #looking = new Set<Promise<unknown>>()
  #isOver = false

  constructor(look: (seq: number) => Promise<unknown>) {
    this.#look = look
  }

  watch(seq: number, due: number): void {
    if (this.#isOver || this.#timers.has(seq)) return
    const pause = this.#pauses.get(seq) ?? FIRST_MS
    const left = due - Date.now()
    this.#pauses.set(seq, Math.min(LONGEST_MS, pause * 2))
    this.#timers.set(seq, setTimeout(this.#wake, left > 0 ? Math.min(pause, left) : pause, seq).unref())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true
    for (const timer of this.#timers.values()) clearTimeout(timer)
    await Promise.all(this.#looking)
  }

  readonly #wake = (seq: number): void => {
    this.#timers.delete(seq)
    const looking = this.#look(seq)
      .catch(() => undefined) // the next call that meets the change tells what is wrong
      .finally(() => {
        this.#looking.delete(looking)
        if (!this.#timers.has(seq)) this.#pauses.delete(seq)
      })
    this.#looking.add(looking)
  }
}

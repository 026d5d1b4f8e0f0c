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

/** Looks at changes in doubt without being asked: soon after they were left, then less and less often, and when they are due. */
export class Lookout implements AsyncDisposable {
  readonly #look: (seq: number) => Promise<unknown>
  readonly #timers = new Map<number, NodeJS.Timeout>()
  readonly #looking = new Set<Promise<unknown>>()
  #isOver = false

  constructor(look: (seq: number) => Promise<unknown>) {
    this.#look = look
  }

  watch(change: Left & Pick<ChangeRow, 'seq'>, due: number): void {
    if (this.#isOver) return
    const now = Date.now()
    const pause = Math.min(LONGEST_MS, Math.max(FIRST_MS, now - leftAt(change)))
    clearTimeout(this.#timers.get(change.seq))
    this.#timers.set(change.seq, setTimeout(this.#wake, due > now ? Math.min(pause, due - now) : pause, change.seq).unref())
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
      .finally(() => this.#looking.delete(looking))
    this.#looking.add(looking)
  }
}

import { Slots } from '../../layers/slots.ts'
import type { Turn } from '../write.ts'

/** Of files that are sent at the same time: storages hold parts of a large one in memory, and no more of it than `MOST_HELD`. */
const MEMORY = 128 << 20
const MOST_HELD = 32 << 20

/** So many files at once ask storages, fewer if they are large. Who waits for that does not begin any more once the whole has failed. */
export class Turns {
  readonly #slots: Slots
  readonly #memory = new Slots(MEMORY)
  readonly #signal: AbortSignal | undefined
  #end: { readonly error: unknown } | undefined

  constructor(width: number, signal: AbortSignal | undefined) {
    this.#slots = new Slots(width)
    this.#signal = signal
  }

  readonly take: Turn = (work) =>
    this.#slots.use(this.#signal, async () => {
      if (this.#end) throw this.#end.error
      return work()
    })

  readonly takeLarge = <T>(size: number, work: () => Promise<T>): Promise<T> => this.#memory.use(this.#signal, () => this.take(work), Math.min(size, MOST_HELD))

  /** Of the whole; throws it. */
  endWith(error: unknown): never {
    this.#end ??= { error }
    throw error
  }
}

import { Slots } from '../../core/slots.ts'
import type { Turn } from '../write.ts'

/** So many files at once ask storages. Who waits for that does not begin any more once the whole has failed. */
export class Turns {
  readonly #slots: Slots
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

  /** Of the whole; throws it. */
  endWith(error: unknown): never {
    this.#end ??= { error }
    throw error
  }
}

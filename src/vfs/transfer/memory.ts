import { Slots } from '../../core/slots.ts'

const ALL = 128 << 20
/** Of one file: storages hold a few parts of a large one. */
const MOST = 32 << 20

/** As many files of one transfer are read or sent at once as fit into this, however many its caller asks for. */
export class Memory {
  readonly #room = new Slots(ALL)

  during<T>(size: number, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    return this.#room.use(signal, work, Math.min(size, MOST))
  }
}

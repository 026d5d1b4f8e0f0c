import { throwIfAborted } from './error.ts'

interface Waiting {
  readonly weight: number
  readonly come: () => void
}

/** So many at once; the others wait in the order in which they came. */
export class Slots {
  readonly #waiting: Waiting[] = []
  readonly #count: number
  #free: number

  constructor(count: number) {
    this.#count = count
    this.#free = count
  }

  /** `weight`: how many slots it takes; what would need more than there are takes all. */
  async use<T>(signal: AbortSignal | undefined, work: () => Promise<T>, weight = 1): Promise<T> {
    const taken = Math.min(weight, this.#count)
    await this.#take(signal, taken)
    try {
      return await work()
    } finally {
      this.#free += taken
      this.#next()
    }
  }

  async #take(signal: AbortSignal | undefined, weight: number): Promise<void> {
    throwIfAborted(signal)
    if (this.#waiting.length === 0 && weight <= this.#free) return void (this.#free -= weight)
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const turn = { weight, come: resolve }
    const leave = (): void => {
      const at = this.#waiting.indexOf(turn)
      if (at >= 0) this.#waiting.splice(at, 1)
      this.#next()
      reject(signal?.reason)
    }
    this.#waiting.push(turn)
    signal?.addEventListener('abort', leave, { once: true })
    try {
      await promise
    } catch (error) {
      throwIfAborted(signal)
      throw error
    } finally {
      signal?.removeEventListener('abort', leave)
    }
  }

  #next(): void {
    for (let [first] = this.#waiting; first && first.weight <= this.#free; [first] = this.#waiting) {
      this.#waiting.shift()
      this.#free -= first.weight
      first.come()
    }
  }
}

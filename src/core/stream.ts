/** What somebody on its way does with a stream. */
export interface Watch<T> {
  readonly part?: ((item: T) => void) | undefined
  /** What an error of the stream becomes. */
  readonly failed?: ((error: unknown) => unknown) | undefined
  /** Called once: at its end, when it fails, or when its reader stops. */
  readonly ended?: ((failed: boolean) => void) | undefined
}

/** Passes a stream on. `begin` is called when its first part is asked for. A generator would take several turns of the event loop's queue for each part, and a listing passes half a dozen of these. */
export function relay<T>(items: AsyncIterable<T>, begin: () => Watch<T>): AsyncIterable<T> {
  return { [Symbol.asyncIterator]: () => new Relay(items[Symbol.asyncIterator](), begin) }
}

/** Every part as something else; without those that become undefined. */
export function mapped<T, U>(items: AsyncIterable<T>, make: (item: T) => U | undefined): AsyncIterable<U> {
  return {
    [Symbol.asyncIterator]: () => {
      const inner = items[Symbol.asyncIterator]()
      const next = (): Promise<IteratorResult<U>> => inner.next().then(made)
      const made = (item: IteratorResult<T>): IteratorResult<U> | Promise<IteratorResult<U>> => {
        const value = item.done ? undefined : make(item.value)
        if (value !== undefined) return { done: false, value }
        return item.done ? DONE : next()
      }
      return { next, return: async () => made((await inner.return?.()) ?? DONE) }
    },
  }
}

/** The stream that `open` gives, opened when its first part is asked for. */
export function opening<T>(open: () => Promise<AsyncIterable<T>>): AsyncIterable<T> {
  return { [Symbol.asyncIterator]: () => new Opening(open) }
}

const DONE = { done: true, value: undefined } as const

class Relay<T> implements AsyncIterator<T> {
  readonly #items: AsyncIterator<T>
  readonly #begin: () => Watch<T>
  #watch: Watch<T> | undefined

  constructor(items: AsyncIterator<T>, begin: () => Watch<T>) {
    this.#items = items
    this.#begin = begin
  }

  next(): Promise<IteratorResult<T>> {
    this.#watch ??= this.#begin()
    return this.#items.next().then(this.#passed, this.#failed)
  }

  async return(): Promise<IteratorResult<T>> {
    try {
      return (await this.#items.return?.()) ?? DONE
    } finally {
      this.#end(false)
    }
  }

  readonly #passed = (item: IteratorResult<T>): IteratorResult<T> => {
    if (item.done) this.#end(false)
    else this.#watch?.part?.(item.value)
    return item
  }

  readonly #failed = async (error: unknown): Promise<never> => {
    const { failed } = this.#watch ?? {}
    this.#end(true)
    throw failed ? await failed(error) : error
  }

  #end(failed: boolean): void {
    this.#watch?.ended?.(failed)
    this.#watch = {}
  }
}

class Opening<T> implements AsyncIterator<T> {
  readonly #open: () => Promise<AsyncIterable<T>>
  #items: AsyncIterator<T> | undefined

  constructor(open: () => Promise<AsyncIterable<T>>) {
    this.#open = open
  }

  next(): Promise<IteratorResult<T>> {
    return this.#items?.next() ?? this.#first()
  }

  async return(): Promise<IteratorResult<T>> {
    return (await this.#items?.return?.()) ?? DONE
  }

  async #first(): Promise<IteratorResult<T>> {
    this.#items = (await this.#open())[Symbol.asyncIterator]()
    return this.#items.next()
  }
}

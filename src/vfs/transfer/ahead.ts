/** Takes from a stream ahead of its reader, up to so much: `weight` says how much an item is. */
export async function* ahead<T>(items: AsyncIterable<T>, most: number, weight: (item: T) => number): AsyncGenerator<T> {
  const backlog = new Backlog(most, weight)
  const filling = backlog.fill(items)
  try {
    for (;;) {
      const item = await backlog.take()
      if (item === undefined) break
      yield item
    }
  } finally {
    backlog.close()
    await filling
  }
}

class Backlog<T> {
  readonly #most: number
  readonly #weight: (item: T) => number
  readonly #items: T[] = []
  #held = 0
  #ended = false
  #failure: { readonly error: unknown } | undefined
  #changed = Promise.withResolvers<void>()

  constructor(most: number, weight: (item: T) => number) {
    this.#most = most
    this.#weight = weight
  }

  /** Resolves when the stream has ended, also by an error, which the reader is told after what came before it. */
  async fill(items: AsyncIterable<T>): Promise<void> {
    try {
      for await (const item of items) {
        this.#items.push(item)
        this.#held += this.#weight(item)
        this.#tell()
        while (this.#held >= this.#most && !this.#ended) await this.#changed.promise
        if (this.#ended) break
      }
    } catch (error) {
      this.#failure = { error }
    }
    this.close()
  }

  async take(): Promise<T | undefined> {
    while (this.#items.length === 0 && !this.#ended) await this.#changed.promise
    const item = this.#items.shift()
    if (item === undefined && this.#failure) throw this.#failure.error
    this.#held -= item === undefined ? 0 : this.#weight(item)
    this.#tell()
    return item
  }

  close(): void {
    this.#ended = true
    this.#tell()
  }

  #tell(): void {
    this.#changed.resolve()
    this.#changed = Promise.withResolvers()
  }
}

/** What has been taken from a stream ahead of its reader, up to so much: `weight` says how much an item is. */
export class Backlog<T> {
  readonly #most: number
  readonly #weight: (item: T) => number
  #items: T[] = []
  #next = 0
  #held = 0
  #ended = false
  #failure: { readonly error: unknown } | undefined
  #change: PromiseWithResolvers<void> | undefined
  readonly #filling: Promise<void>

  constructor(items: AsyncIterable<T>, most: number, weight: (item: T) => number = () => 1) {
    this.#most = most
    this.#weight = weight
    this.#filling = this.#fill(items)
  }

  /** The first item, if it is at hand. */
  get first(): T | undefined {
    return this.#items[this.#next]
  }

  /** True if the stream has ended well, and all of it was taken. */
  get isOver(): boolean {
    return this.#ended && !this.#failure && this.first === undefined
  }

  /** Waits for the first item; undefined at the end. Rejects as the stream does, after what came before that. */
  async come(): Promise<T | undefined> {
    while (this.first === undefined && !this.#ended) await this.#changed()
    if (this.first === undefined && this.#failure) throw this.#failure.error
    return this.first
  }

  /** Takes the first item off. */
  take(): T | undefined {
    const item = this.#items[this.#next]
    if (item === undefined) return undefined
    this.#held -= this.#weight(item)
    if (++this.#next === this.#items.length) {
      this.#items = []
      this.#next = 0
    }
    if (this.#held < this.#most) this.#tell()
    return item
  }

  /** Lets the stream go. */
  async close(): Promise<void> {
    this.#end()
    await this.#filling
  }

  async #fill(items: AsyncIterable<T>): Promise<void> {
    try {
      for await (const item of items) {
        this.#items.push(item)
        this.#held += this.#weight(item)
        this.#tell()
        while (this.#held >= this.#most && !this.#ended) await this.#changed()
        if (this.#ended) break
      }
    } catch (error) {
      this.#failure = { error }
    }
    this.#end()
  }

  #end(): void {
    this.#ended = true
    this.#tell()
  }

  #changed(): Promise<void> {
    this.#change ??= Promise.withResolvers()
    return this.#change.promise
  }

  #tell(): void {
    this.#change?.resolve()
    this.#change = undefined
  }
}

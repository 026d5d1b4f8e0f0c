const KEPT = 32 // blocks that were loaded ahead and whose turn has not come

/** A block on the way, and what it was loaded as once that has begun. */
export interface Met<R> {
  loading?: Promise<R> | undefined
}

export interface Loading<M, R> {
  readonly load: (met: M) => Promise<R>
  /** False for what needs no loading, or not yet. */
  readonly worth: (met: M) => boolean
  /** How many are loaded before their turn. */
  readonly ahead: number
}

/** What is still to be visited, the next one last; and the loading of what comes next. */
export class Way<M extends Met<R>, R> {
  readonly #loading: Loading<M, R>
  readonly #open: M[] = []
  /** Loaded ahead, the oldest first. */
  #kept: M[] = []

  constructor(loading: Loading<M, R>) {
    this.#loading = loading
  }

  /** In the order in which they are to be visited, before all others. */
  push(met: readonly M[]): void {
    for (const one of met.toReversed()) this.#open.push(one)
  }

  pop(): M | undefined {
    return this.#open.pop()
  }

  async load(met: M): Promise<R> {
    const { load, worth, ahead } = this.#loading
    const loaded = (met.loading ??= load(met))
    for (const next of ahead === 0 ? [] : this.#open.slice(-ahead).toReversed()) {
      if (next.loading || !worth(next)) continue
      next.loading = load(next)
      next.loading.catch(() => {}) // it is told when its turn comes, which may be never
      this.#keep(next)
    }
    met.loading = undefined
    return loaded
  }

  /** What has been overtaken by too many others is loaded once more in its turn. */
  #keep(met: M): void {
    this.#kept = this.#kept.filter((one) => one.loading !== undefined)
    if (this.#kept.length >= KEPT) {
      const oldest = this.#kept.shift()
      if (oldest) oldest.loading = undefined
    }
    this.#kept.push(met)
  }
}

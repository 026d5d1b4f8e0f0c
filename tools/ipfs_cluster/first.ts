export interface First<T> {
  readonly most: number
  /** Begins behind this key. */
  readonly after: string
  readonly key: (item: T) => string
}

/** The first ones by key of what comes in no order, in memory that does not grow with how many there are. */
export async function firstOf<T>(items: AsyncIterable<T>, { most, after, key }: First<T>): Promise<{ readonly page: readonly T[]; readonly more: boolean }> {
  let kept: T[] = []
  let more = false
  const trim = (): void => {
    kept.sort((a, b) => (key(a) < key(b) ? -1 : 1))
    more ||= kept.length > most
    kept = kept.slice(0, most)
  }
  for await (const item of items) {
    if (key(item) > after) kept.push(item)
    if (kept.length >= 2 * most + 1) trim()
  }
  trim()
  return { page: kept, more }
}

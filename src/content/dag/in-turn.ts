/** Loads for each item, at most `atOnce` at a time, and gives the results in the order of the items. */
export async function* inTurn<T, R>(items: AsyncIterable<T>, atOnce: number, load: (item: T) => Promise<R>): AsyncGenerator<readonly [T, R]> {
  const begun: (readonly [T, Promise<R>])[] = []
  for await (const item of items) {
    const loading = load(item)
    loading.catch(() => {}) // it is told when its turn comes, which may be never
    begun.push([item, loading])
    const first = begun.length < atOnce ? undefined : begun.shift()
    if (first) yield [first[0], await first[1]]
  }
  for (const [item, loading] of begun) yield [item, await loading]
}

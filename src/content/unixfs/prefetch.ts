/** Loads what comes next while the last is being used: in order, at most `ahead` at once. */
export async function* prefetch<T, R>(items: readonly T[], ahead: number, load: (item: T) => Promise<R>): AsyncGenerator<readonly [T, R]> {
  const loading: Promise<R>[] = []
  const start = (index: number): void => {
    const item = items[index]
    if (item === undefined) return
    const promise = load(item)
    promise.catch(() => {}) // it is told when its turn comes, which may be never
    loading.push(promise)
  }
  for (let index = 0; index < ahead; index++) start(index)
  for (const [index, item] of items.entries()) {
    const loaded = await loading.shift()
    start(index + ahead)
    yield [item, loaded as R]
  }
}

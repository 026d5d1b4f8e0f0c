/** Loads what comes next while the last is being used: in order, at most `ahead` at once. */
export async function* prefetch<T, R>(items: readonly T[], ahead: number, load: (item: T) => Promise<R>): AsyncGenerator<readonly [T, R]> {
  const loading: Promise<R>[] = []
  const start = (index: number): void => {
    const item = items[index]
    if (item === undefined) return
    const result = load(item)
    result.catch(() => {}) // it is told when its turn comes, which may be never
    loading.push(result)
  }
  for (let index = 0; index < ahead; index++) start(index)
  for (const [index, item] of items.entries()) {
    const loaded = await (loading.shift() as Promise<R>)
    start(index + ahead)
    yield [item, loaded]
  }
}

/** The same for items that are still coming: results in their order, at most `most` in the making; one that fails ends it when all have ended. */
export async function* inFlight<T, R>(items: AsyncIterable<T>, most: number, work: (item: T) => Promise<R>): AsyncGenerator<R> {
  const running: Promise<R>[] = []
  try {
    for await (const item of items) {
      const task = work(item)
      task.catch(() => {}) // it is told when its turn comes
      running.push(task)
      if (running.length === most) yield running.shift() as Promise<R>
    }
    while (running.length > 0) yield running.shift() as Promise<R>
  } finally {
    await Promise.allSettled(running)
  }
}

/** Runs work over items, at most `width` at a time, and stops taking new ones at the first failure; rejects once all that run have ended. */
export async function forEachOf<T>(items: AsyncIterable<T> | Iterable<T>, width: number, work: (item: T) => Promise<void>): Promise<void> {
  const running = new Set<Promise<void>>()
  let failure: { readonly error: unknown } | undefined
  for await (const item of items) {
    if (failure) break
    const task: Promise<void> = work(item)
      .catch((error: unknown) => void (failure ??= { error }))
      .finally(() => running.delete(task))
    running.add(task)
    if (running.size >= width) await Promise.race(running)
  }
  await Promise.all(running)
  if (failure) throw failure.error
}

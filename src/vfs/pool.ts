/**
 * Runs work over items, at most `width` at a time, and takes new ones when no more than `refill` are left. It stops taking them at
 * the first failure; rejects once all that run have ended.
 */
export async function forEachOf<T>(items: AsyncIterable<T> | Iterable<T>, width: number, work: (item: T) => Promise<void>, refill = width - 1): Promise<void> {
  let running = 0
  let room = Promise.withResolvers<void>()
  let failure: { readonly error: unknown } | undefined
  const run = async (item: T): Promise<void> => {
    running++
    await work(item).catch((error: unknown) => void (failure ??= { error }))
    running--
    room.resolve()
  }
  const until = async (left: number): Promise<void> => {
    for (;;) {
      if (running <= left) return
      await room.promise
      room = Promise.withResolvers()
    }
  }
  try {
    for await (const item of items) {
      if (failure) break
      void run(item)
      if (running >= width) await until(refill)
    }
  } finally {
    await until(0)
  }
  if (failure) throw failure.error
}

/**
 * Works on up to `width` items at a time and gives the results in the order of the items. A result is given as soon as it is
 * its turn, even while the source takes its time for the next item.
 */
export async function* mapOrdered<T, R>(source: Iterable<T> | AsyncIterable<T>, width: number, work: (item: T) => Promise<R>): AsyncGenerator<R> {
  const iterator = asyncIterator(source)
  const running: Promise<R>[] = []
  let pulling: Promise<IteratorResult<T>> | undefined
  let ended = false
  try {
    while (!ended || running.length > 0) {
      if (!ended && running.length < width) pulling ??= quiet(iterator.next())
      const first = await Promise.race([pulling?.then((next) => ({ next })), running[0]?.then((result) => ({ result }))].filter((it) => it !== undefined))
      if ('result' in first) {
        void running.shift()
        yield first.result
        continue
      }
      pulling = undefined
      if (first.next.done) ended = true
      else running.push(quiet(work(first.next.value)))
    }
  } finally {
    // A source that is slow to answer is slow to end, and nobody waits for either.
    void quiet(iterator.return(undefined))
  }
}

/** A failure is met when its turn comes, which may be never. */
function quiet<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined)
  return promise
}

const asyncIterator = async function* <T>(source: Iterable<T> | AsyncIterable<T>): AsyncGenerator<T> {
  yield* source
}

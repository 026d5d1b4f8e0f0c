import { Backlog } from '../backlog.ts'

/** Takes from a stream ahead of its reader, up to so much: `weight` says how much an item is. */
export async function* ahead<T>(items: AsyncIterable<T>, most: number, weight: (item: T) => number): AsyncGenerator<T> {
  const backlog = new Backlog(items, most, weight)
  try {
    while ((await backlog.come()) !== undefined) {
      const item = backlog.take()
      if (item !== undefined) yield item
    }
  } finally {
    await backlog.close()
  }
}

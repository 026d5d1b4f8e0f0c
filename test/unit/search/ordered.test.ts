import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { mapOrdered } from '../../../src/search/ordered.ts'

test('gives results in the order of the items, working on a few at a time', async () => {
  let running = 0
  let most = 0
  const work = async (item: number): Promise<number> => {
    most = Math.max(most, ++running)
    for (let i = item % 3; i >= 0; i--) await turn()
    running--
    return item * 2
  }
  const items = Array.from({ length: 20 }, (_, i) => i)
  expect(await Array.fromAsync(mapOrdered(items, 3, work))).toEqual(items.map((item) => item * 2))
  expect(most).toBe(3)
})

test('gives what is done while the source takes its time', async () => {
  const later = Promise.withResolvers<void>()
  async function* slow(): AsyncGenerator<number> {
    yield 1
    await later.promise
    yield 2
  }
  const results = mapOrdered(slow(), 4, async (item) => item)
  expect(await results.next()).toEqual({ done: false, value: 1 })
  later.resolve()
  expect(await results.next()).toEqual({ done: false, value: 2 })
  expect(await results.next()).toEqual({ done: true, value: undefined })
})

test('a failure comes in its turn and ends the source', async () => {
  let ended = false
  async function* source(): AsyncGenerator<number> {
    try {
      yield* [1, 2, 3]
    } finally {
      ended = true
    }
  }
  const seen: number[] = []
  const run = async (): Promise<void> => {
    for await (const item of mapOrdered(source(), 2, async (one) => (one === 2 ? Promise.reject(new Error('two')) : one))) seen.push(item)
  }
  await expect(run()).rejects.toThrow('two')
  expect(seen).toEqual([1])
  await turn()
  expect(ended).toBe(true)
})

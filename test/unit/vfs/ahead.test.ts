import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { ahead } from '../../../src/vfs/transfer/ahead.ts'

const one = (): number => 1

function counted(count: number, failing?: Error) {
  const seen = { taken: 0, ended: false }
  const items = async function* () {
    try {
      while (seen.taken < count) yield ++seen.taken
      if (failing) throw failing
    } finally {
      seen.ended = true
    }
  }
  return { seen, items: items() }
}

test('gives all, in their order', async () => {
  expect(await Array.fromAsync(ahead(counted(100).items, 3, one))).toEqual(Array.from({ length: 100 }, (_, i) => i + 1))
})

test('takes no more than it may before the reader asks', async () => {
  const { seen, items } = counted(100)
  const reader = ahead(items, 10, one)
  await reader.next()
  for (let i = 0; i < 50; i++) await turn()
  expect(seen.taken).toBe(11)
  await reader.return(undefined)
  expect(seen.ended).toBe(true)
})

test('tells of a failure after what came before it', async () => {
  const got: number[] = []
  const reading = async (): Promise<void> => { for await (const item of ahead(counted(3, new Error('no more')).items, 10, one)) got.push(item) } // prettier-ignore
  await expect(reading()).rejects.toThrow('no more')
  expect(got).toEqual([1, 2, 3])
})

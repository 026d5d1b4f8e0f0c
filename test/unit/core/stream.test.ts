import { expect, test } from 'vitest'
import { mapped } from '../../../src/core/stream.ts'

/** Numbers from 0; tells when its reader has gone. */
async function* counting(to: number, ended: () => void = () => {}): AsyncGenerator<number> {
  try {
    for (let i = 0; i < to; i++) yield i
  } finally {
    ended()
  }
}

test('mapped leaves out what becomes undefined, wherever it stands', async () => {
  const even = (i: number): string | undefined => (i % 2 === 0 ? String(i) : undefined)
  expect(await Array.fromAsync(mapped(counting(6), even))).toEqual(['0', '2', '4'])
  expect(await Array.fromAsync(mapped(counting(10_000), (i) => (i === 9999 ? i : undefined)))).toEqual([9999])
  expect(await Array.fromAsync(mapped(counting(3), () => undefined))).toEqual([])
})

test('a reader of mapped that stops closes what it reads from', async () => {
  let closed = 0
  for await (const part of mapped(
    counting(5, () => closed++),
    (i) => i,
  ))
    if (part === 2) break
  expect(closed).toBe(1)
})

import { expect, test } from 'vitest'
import { reaching, reachingEach } from '../../../src/ipfs/reaching.ts'

const deaf = (): Promise<never> => new Promise(() => {})

test('work that obeys no signal ends by its deadline', async () => {
  await expect(reaching('resolve', { timeoutMs: 20 }, deaf)).rejects.toMatchObject({ code: 'TIMEOUT', op: 'resolve' })
})

test('and when its caller gives up', async () => {
  const caller = new AbortController()
  const answer = reaching('resolve', { signal: caller.signal }, deaf)
  caller.abort()
  await expect(answer).rejects.toMatchObject({ code: 'CANCELLED' })
})

test('so does what comes one by one', async () => {
  const silent = async function* (): AsyncGenerator<number> {
    yield 1
    await deaf()
  }
  const heard: number[] = []
  const hear = async (): Promise<void> => {
    for await (const each of reachingEach('find', { timeoutMs: 20 }, silent)) heard.push(each)
  }
  await expect(hear()).rejects.toMatchObject({ code: 'TIMEOUT' })
  expect(heard).toEqual([1])
})

import { expect, test } from 'vitest'
import { Slots } from '../../../src/core/slots.ts'
import { codeOf } from '../../contract/support.ts'

/** Work that begins when its turn comes, and ends when it is told. */
function waiting(slots: Slots, weight: number, signal?: AbortSignal) {
  const { promise, resolve } = Promise.withResolvers<void>()
  const state = { began: false, end: resolve }
  const done = slots.use(signal, async () => ((state.began = true), promise), weight)
  return Object.assign(state, { done })
}

/** Whoever may begin has begun by then. */
const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

test('what is heavy takes several places, and what needs more than there are takes all', async () => {
  const slots = new Slots(10)
  const [heavy, light, all] = [waiting(slots, 8), waiting(slots, 2), waiting(slots, 50)]
  await settled()
  expect([heavy.began, light.began, all.began]).toEqual([true, true, false])
  heavy.end()
  await settled()
  expect(all.began).toBe(false)
  light.end()
  await settled()
  expect(all.began).toBe(true)
  all.end()
  await Promise.all([heavy.done, light.done, all.done])
})

test('nobody light goes before who is heavy and came first, unless that one leaves', async () => {
  const slots = new Slots(10)
  const leaving = new AbortController()
  const [first, heavy, light] = [waiting(slots, 5), waiting(slots, 8, leaving.signal), waiting(slots, 2)]
  const left = codeOf(heavy.done)
  await settled()
  expect([heavy.began, light.began]).toEqual([false, false])
  leaving.abort()
  expect(await left).toBe('CANCELLED')
  await settled()
  expect([heavy.began, light.began]).toEqual([false, true])
  first.end()
  light.end()
  await Promise.all([first.done, light.done])
})

import { expect, test } from 'vitest'
import { Spares } from '../../../src/content/blocks/spares.ts'

test('memory that came back is given again, once', () => {
  const spares = new Spares()
  const first = spares.take(100)
  spares.back(first.subarray(10, 20))
  spares.back(first)
  const [second, third] = [spares.take(50), spares.take(50)]
  expect([second.buffer === first.buffer, third.buffer === first.buffer]).toEqual([true, false])
  expect([second.length, third.length]).toEqual([50, 50])
})

test('memory of others stays theirs, and what is too small is not given', () => {
  const spares = new Spares()
  const foreign = Buffer.alloc(1000)
  spares.back(foreign)
  const small = spares.take(10)
  spares.back(small)
  const next = spares.take(1000)
  expect([next.buffer === foreign.buffer, next.buffer === small.buffer, next.length]).toEqual([false, false, 1000])
})

test('what is shortened stays when its memory is written over, and takes no more of it than its neighbours leave', () => {
  const spares = new Spares()
  const [one, other] = ['one', 'other'].map((text) => {
    const memory = spares.take(1 << 20)
    memory.write(text)
    return spares.shortened(memory.subarray(0, text.length))
  })
  spares.take(1 << 20).fill('x')
  expect([String(one), String(other), one?.buffer === other?.buffer]).toEqual(['one', 'other', true])
  expect(spares.shortened(Buffer.alloc(3 << 20, 'y')).equals(Buffer.alloc(3 << 20, 'y'))).toBe(true)
})

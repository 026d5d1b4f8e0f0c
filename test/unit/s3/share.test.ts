import { expect, test } from 'vitest'
import { Share } from '../../../backends/s3/share.ts'

test.each([
  ['alone', 1, 10, 3],
  ['with few', 3, 10, 3],
  ['with more', 5, 10, 2],
  ['with many', 50, 10, 1],
  ['with parts that are larger than all of it, alone', 1, 1000, 2],
  ['with such parts and another one', 2, 1000, 1],
])('%s each has its part of the memory, and one part of its content at least', (_, users, bytes, parts) => {
  const share = new Share(100, 30)
  using stack = new DisposableStack()
  for (let i = 0; i < users; i++) stack.use(share.enter())
  expect(share.parts(bytes)).toBe(parts)
})

test('who has left takes nothing', () => {
  const share = new Share(100, 100)
  using _ = share.enter()
  for (let i = 0; i < 9; i++) share.enter()[Symbol.dispose]()
  expect(share.parts(10)).toBe(10)
})

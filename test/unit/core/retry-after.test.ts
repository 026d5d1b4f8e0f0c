import { expect, test } from 'vitest'
import { retryAfter } from '../../../src/core/retry-after.ts'

test('reads seconds and dates, and nothing else', () => {
  expect(retryAfter('7')).toBe(7000)
  expect(retryAfter(new Date(Date.now() + 60_000).toUTCString())).toBeGreaterThan(50_000)
  expect(retryAfter('Wed, 21 Oct 2015 07:28:00 GMT')).toBe(0)
  expect([retryAfter(null), retryAfter('soon')]).toEqual([undefined, undefined])
})

import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { Histogram } from '../../src/core/histogram.ts'

test('a quantile is at most 9 % above the true one, never below', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0.001, max: 100_000, noNaN: true }), { minLength: 1 }), fc.constantFrom(0.5, 0.9, 0.99, 1), (times, q) => {
      const histogram = new Histogram()
      times.forEach((ms) => histogram.add(ms))
      const exact = times.toSorted((a, b) => a - b)[Math.ceil(q * times.length) - 1] ?? 0
      expect(histogram.quantile(q)).toBeGreaterThanOrEqual(exact * 0.999_999)
      expect(histogram.quantile(q)).toBeLessThanOrEqual(exact * 1.1)
    }),
  )
})

test('nothing took no time', () => {
  expect(new Histogram().quantile(0.5)).toBe(0)
})

import * as fc from 'fast-check'
import { test } from 'vitest'
import { grouped } from '../../../src/text/number.ts'

test('numbers are grouped as Intl groups them', () => {
  fc.assert(fc.property(fc.maxSafeNat(), (whole) => grouped(whole) === whole.toLocaleString('en')))
})

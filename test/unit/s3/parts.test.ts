import { expect, test } from 'vitest'
import { partBytes } from '../../../backends/s3/upload.ts'

const [MIB, GIB, TIB] = [2 ** 20, 2 ** 30, 2 ** 40]

/** How many parts a content has, and how large the largest is. */
function partsOf(size: number): { readonly count: number; readonly largest: number } {
  let count = 0
  for (let left = size; left > 0; count++) left -= partBytes(count)
  return { count, largest: partBytes(count - 1) }
}

test.each([
  ['1 GiB', GIB, 64, 16 * MIB],
  ['78 GiB, in parts of one size, as R2 wants them', 78 * GIB, 5000, 16 * MIB],
  ['10 GiB, which versitygw has to hold', 10 * GIB, 800, 16 * MIB],
  ['5 TiB, the most that S3 takes', 5 * TIB, 10_000, 5 * GIB],
])('%s goes in few parts that are not too large', (_, size, most, largest) => {
  const parts = partsOf(size)
  expect(parts.count).toBeLessThanOrEqual(most)
  expect(parts.largest).toBeLessThanOrEqual(largest)
})

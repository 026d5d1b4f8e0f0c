import { beforeEach, expect, test } from 'vitest'
import { ENGINES, GIB, hasRoom, MOST, peakInAndOut } from '../support/in-and-out.ts'
import { needsKubo } from '../support/kubo.ts'
import { requires } from '../support/requires.ts'

beforeEach(requires('/proc', () => process.platform === 'linux'))
beforeEach(requires('3 GiB on the disk of temporary files', () => hasRoom(3)))
beforeEach(needsKubo)

// Of 10 GiB in test/stress: what held a whole file would be found here already.
test.each(ENGINES)('half a GiB goes into IPFS and comes out again within 300 MB of memory (%s)', { timeout: 120_000 }, async (engine) => {
  expect(await peakInAndOut(engine, { files: 1, bytes: GIB / 2 })).toBeLessThan(MOST)
})

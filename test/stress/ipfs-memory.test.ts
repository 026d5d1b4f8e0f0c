import { beforeEach, expect, test } from 'vitest'
import { ENGINES, GIB, hasRoom, MOST, peakInAndOut } from '../support/in-and-out.ts'
import { needsKubo } from '../support/kubo.ts'
import { requires } from '../support/requires.ts'

beforeEach(requires('/proc', () => process.platform === 'linux'))
beforeEach(requires('15 GiB on the disk of temporary files', () => hasRoom(15)))
beforeEach(needsKubo)

test.each(ENGINES)('10 GiB go into IPFS and come out again within 300 MB of memory (%s)', { timeout: 1_800_000 }, async (engine) => {
  expect(await peakInAndOut(engine, { files: 10, bytes: GIB })).toBeLessThan(MOST)
})

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { beforeEach, expect, test } from 'vitest'
import { needsKubo } from '../support/kubo.ts'

beforeEach(needsKubo) // without it two of the steps are left out

test('the tour does what it prints', { timeout: 300_000 }, async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['scripts/tour.ts'])
  expect(stdout).toMatch(/\nAll 14 steps did what they say/)
})

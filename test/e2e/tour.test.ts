import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

test('the tour does what it prints', { timeout: 300_000 }, async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['scripts/tour.ts'])
  expect(stdout).toMatch(/\nAll 12 steps did what they say/)
})

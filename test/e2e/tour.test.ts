import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { beforeEach, expect, test } from 'vitest'
import { needsCluster } from '../support/cluster.ts'
import { needsKubo } from '../support/kubo.ts'
import { needsS3 } from '../support/s3.ts'

// Without them some of the steps are left out.
for (const needed of [needsKubo, needsCluster, needsS3]) beforeEach(needed)

test('the tour does what it prints', { timeout: 300_000 }, async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['scripts/tour.ts'])
  expect(stdout).toMatch(/\nAll 17 steps did what they say/)
})

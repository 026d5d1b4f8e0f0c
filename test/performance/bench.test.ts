import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { Row } from '../../scripts/bench/row.ts'

/** Speed is not asserted: what a machine shows stands in reports/bench.json. Here it must only be measured, all of it. */
test('the benchmark measures every row, ours beside the peer in one run', () => {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/bench.ts'], { encoding: 'utf8' })
  expect(status, stderr).toBe(0)
  const { rows } = JSON.parse(readFileSync('reports/bench.json', 'utf8')) as { rows: Row[] }
  expect(rows.length).toBeGreaterThan(5)
  expect(rows.filter(({ ours }) => !Number.isFinite(ours))).toEqual([])
  expect(rows.filter(({ peer }) => peer !== undefined).length).toBeGreaterThan(5)
}, 900_000)

import { describe, expect, test } from 'vitest'
import { count } from '../../../scripts/report/collect.ts'
import { coverageOf } from '../../../scripts/report/coverage.ts'
import { asHtml } from '../../../scripts/report/html.ts'
import type { Report, Test } from '../../../scripts/report/report.ts'
import { asText } from '../../../scripts/report/text.ts'

const at = { category: 'unit', file: 'test/unit/a.test.ts' }
const skipped: Test = { ...at, name: 'c', state: 'skipped', ms: 0, reason: 'needs ipfs: no such program' }
const tests: readonly Test[] = [{ ...at, name: 'a', state: 'passed', ms: 3 }, { ...at, name: '<b>', state: 'failed', ms: 9 }, skipped]
const report: Report = {
  schema: 1,
  outcome: 'failed',
  started: '2026-01-01T00:00:00.000Z',
  ms: 1500,
  totals: count(tests),
  categories: [{ name: 'unit', ...count(tests), ms: 12 }],
  slowest: tests,
  skipped: [skipped],
  repeated: [{ ...at, name: 'd', state: 'passed', ms: 1, repeated: true }],
  failures: [{ ...at, name: '<b>', errors: ['expected <script>'], output: 'printed & shown' }],
  coverage: null,
  environment: { node: 'v26' },
  tests,
}

test('counts by state', () => {
  expect(report.totals).toEqual({ passed: 1, failed: 1, skipped: 1 })
})

test('the text names what failed, with its output, and why a test was skipped', () => {
  const text = asText(report)
  expect(text).toContain('1 passed, 1 failed, 1 skipped in 1.5 s')
  expect(text).toContain('test/unit/a.test.ts: <b>\n    expected <script>\n    printed & shown')
  expect(text).toContain('needs ipfs: no such program')
  expect(text).toContain('Passed only when repeated\n  test/unit/a.test.ts: d')
})

test('the page refers to nothing outside itself and runs nothing of what tests print', () => {
  const page = asHtml(report)
  expect(page).not.toMatch(/<script|src=|href=|@import|url\(/)
  expect(page).toContain('expected &lt;script&gt;')
  expect(page).toContain('printed &amp; shown')
})

describe('coverage', () => {
  const map = (percent: number): Parameters<typeof coverageOf>[0] => {
    const part = { pct: percent, covered: percent, total: 100 }
    const summary = { lines: part, branches: part, functions: part, statements: part }
    return { files: () => ['src/a.ts'], fileCoverageFor: () => ({ toSummary: () => summary }), getCoverageSummary: () => summary }
  }

  test.each([
    [94, false],
    [96, true],
  ])('of %d percent meets the gate: %s', (percent, met) => {
    expect(coverageOf(map(percent)).met).toBe(met)
  })

  test('names the files with the most lines not reached', () => {
    expect(coverageOf(map(94)).gaps).toEqual([{ file: 'src/a.ts', lines: 6, percent: 94 }])
    expect(coverageOf(map(100)).gaps).toEqual([])
  })
})

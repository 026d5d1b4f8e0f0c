import { mkdirSync, writeFileSync } from 'node:fs'
import type { Reporter, TestModule, TestRunEndReason } from 'vitest/node'
import { categoriesOf, count, failuresOf, testsOf } from './collect.ts'
import { coverageOf, type CoverageMap } from './coverage.ts'
import { environment } from './environment.ts'
import { asHtml } from './html.ts'
import type { Coverage, Report } from './report.ts'
import { asText } from './text.ts'

type ConsoleLog = Parameters<NonNullable<Reporter['onUserConsoleLog']>>[0]
const FOLDER = 'reports'
const SLOWEST = 15
type Unhandled = Parameters<typeof failuresOf>[1]

/** Writes reports/test-report.json, .html and .txt at the end of every run. */
export class ReportWriter implements Reporter {
  #started = new Date()
  #coverage: Coverage | null = null
  readonly #outputs = new Map<string, string>()

  onTestRunStart(): void {
    this.#started = new Date()
    this.#coverage = null
    this.#outputs.clear()
  }

  onUserConsoleLog({ taskId = '', content }: ConsoleLog): void {
    this.#outputs.set(taskId, (this.#outputs.get(taskId) ?? '') + content)
  }

  onCoverage(coverage: unknown): void {
    this.#coverage = coverageOf(coverage as CoverageMap)
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: Unhandled, reason: TestRunEndReason): void {
    const report = this.#report(modules, unhandled, reason)
    mkdirSync(FOLDER, { recursive: true })
    writeFileSync(`${FOLDER}/test-report.json`, JSON.stringify(report, null, 1))
    writeFileSync(`${FOLDER}/test-report.html`, asHtml(report))
    writeFileSync(`${FOLDER}/test-report.txt`, asText(report))
  }

  #report(modules: readonly TestModule[], unhandled: Unhandled, reason: TestRunEndReason): Report {
    const tests = testsOf(modules)
    const failures = failuresOf(modules, unhandled, this.#outputs)
    return {
      schema: 1,
      outcome: reason === 'passed' && (failures.length > 0 || this.#coverage?.met === false) ? 'failed' : reason,
      started: this.#started.toISOString(),
      ms: Date.now() - this.#started.getTime(),
      totals: { ...count(tests), failed: failures.length },
      categories: categoriesOf(tests),
      slowest: tests.toSorted((a, b) => b.ms - a.ms).slice(0, SLOWEST),
      skipped: tests.filter((test) => test.state === 'skipped'),
      repeated: tests.filter((test) => test.repeated === true),
      failures,
      coverage: this.#coverage,
      environment: environment(),
      tests,
    }
  }
}

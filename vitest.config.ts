import { availableParallelism } from 'node:os'
import { transform } from 'esbuild'
import { defineConfig } from 'vitest/config'
import { COVERAGE_GATE } from './scripts/report/gate.ts'
import { ReportWriter } from './scripts/report/reporter.ts'
import { LongFirst } from './scripts/long-first.ts'

/** Vitest's own transform leaves standard decorators as they are, and Node can't run them. */
const decorators = {
  name: 'lower-decorators',
  enforce: 'pre' as const,
  async transform(code: string, id: string) {
    if (!id.endsWith('.ts') || !/@[a-z]/i.test(code)) return undefined
    return transform(code, { loader: 'ts', target: 'es2024', sourcemap: true, sourcefile: id })
  },
}

export default defineConfig({
  plugins: [decorators],
  test: {
    setupFiles: ['test/support/random.ts'],
    // Most tests wait for the disk and for programs beside us; of two cores Vitest by itself would use one.
    maxWorkers: 2 * availableParallelism(),
    sequence: { sequencer: LongFirst },
    projects: [
      { extends: true, test: { name: 'rest', include: ['test/!(unit)/**/*.test.ts'] } },
      // Their files share a process, whose start and imports are half of their time: what a test changes of it, it puts back.
      { extends: true, test: { name: 'unit', include: ['test/unit/**/*.test.ts'], isolate: false } },
    ],
    // Programs beside us share two cores with everything else. What passes only the second time is named in the report.
    retry: process.env['CI'] === 'true' ? 1 : 0,
    // Of cases that run side by side in one file: the more of them plant at once, the fewer publications they take.
    maxConcurrency: 16,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ['default', new ReportWriter()],
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts', 'backends/**/*.ts', 'tools/**/*.ts'],
      reporter: ['text-summary'],
      reportsDirectory: 'reports/coverage',
      reportOnFailure: true,
      thresholds: COVERAGE_GATE,
    },
  },
})

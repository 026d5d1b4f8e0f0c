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

/** They stand in for a module of Node, or measure the process that they run in. */
const ALONE = [
  'test/contract/ipfs-node.test.ts',
  'test/integration/commands/data-folder.test.ts',
  'test/integration/local/disk.test.ts',
  'test/integration/search/search.test.ts',
  'test/integration/sync/to-ipfs.test.ts',
]

export default defineConfig({
  plugins: [decorators],
  test: {
    setupFiles: ['test/support/random.ts'],
    // Most tests wait for the disk and for programs beside us; of two cores Vitest by itself would use one.
    maxWorkers: 2 * availableParallelism(),
    sequence: { sequencer: LongFirst },
    projects: [
      { extends: true, test: { name: 'alone', include: ['test/{smoke,e2e,performance,stress}/**/*.test.ts', ...ALONE] } },
      // A process of its own, and its imports, cost each file more than a second: what a test changes of the process, it puts back.
      { extends: true, test: { name: 'shared', include: ['test/{unit,contract,integration}/**/*.test.ts'], exclude: ALONE, isolate: false } },
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

import { transform } from 'esbuild'
import { defineConfig } from 'vitest/config'

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
    include: ['test/*/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts', 'backends/**/*.ts', 'tools/**/*.ts'],
      reporter: ['json-summary', 'text-summary'],
      reportsDirectory: 'reports/coverage',
      thresholds: { lines: 95, branches: 90 },
    },
  },
})

/** What a run of the tests leaves behind; reports/test-report.json is exactly this. */
export interface Report {
  readonly schema: 1
  readonly outcome: 'passed' | 'failed' | 'interrupted'
  readonly started: string
  readonly ms: number
  readonly totals: Counts
  readonly categories: readonly Category[]
  readonly slowest: readonly Test[]
  readonly skipped: readonly Test[]
  /** Tests that failed at first and passed when they were repeated. */
  readonly repeated: readonly Test[]
  readonly failures: readonly Failure[]
  /** Null when the run did not measure it. */
  readonly coverage: Coverage | null
  readonly environment: Readonly<Record<string, string>>
  readonly tests: readonly Test[]
}

export interface Counts {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

export interface Category extends Counts {
  readonly name: string
  readonly ms: number
}

export interface Test {
  /** Its folder below test/. */
  readonly category: string
  readonly file: string
  readonly name: string
  readonly state: 'passed' | 'failed' | 'skipped'
  readonly ms: number
  readonly repeated?: boolean
  /** Of a skipped one. */
  readonly reason?: string
}

export interface Failure {
  readonly category: string
  readonly file: string
  readonly name: string
  readonly errors: readonly string[]
  /** What the test wrote to stdout and stderr. */
  readonly output: string
}

export interface Coverage {
  readonly measures: readonly Measure[]
  readonly met: boolean
  /** The files with the most lines that no test reaches. */
  readonly gaps: readonly Gap[]
}

export interface Measure {
  readonly name: string
  readonly percent: number
  readonly covered: number
  readonly total: number
  readonly gate: number | null
}

export interface Gap {
  readonly file: string
  readonly lines: number
  readonly percent: number
}

import { relative } from 'node:path'
import { COVERAGE_GATE } from './gate.ts'
import type { Coverage, Gap, Measure } from './report.ts'

interface Part {
  readonly pct: number
  readonly covered: number
  readonly total: number
}
type Summary = Readonly<Record<'lines' | 'branches' | 'functions' | 'statements', Part>>

/** As much of istanbul's CoverageMap as a report needs. */
export interface CoverageMap {
  files(): string[]
  fileCoverageFor(file: string): { toSummary(): Summary }
  getCoverageSummary(): Summary
}

const GAPS = 15

export function coverageOf(map: CoverageMap): Coverage {
  const measures = (['lines', 'branches', 'functions', 'statements'] as const).map((name) => measure(name, map.getCoverageSummary()[name]))
  return { measures, met: measures.every(({ percent, gate }) => gate === null || percent >= gate), gaps: gapsOf(map) }
}

function measure(name: keyof Summary, { pct, covered, total }: Part): Measure {
  return { name, percent: pct, covered, total, gate: name in COVERAGE_GATE ? COVERAGE_GATE[name as keyof typeof COVERAGE_GATE] : null }
}

function gapsOf(map: CoverageMap): readonly Gap[] {
  const gaps = map.files().map((file) => gap(relative(process.cwd(), file), map.fileCoverageFor(file).toSummary().lines))
  return gaps
    .filter(({ lines }) => lines > 0)
    .toSorted((a, b) => b.lines - a.lines)
    .slice(0, GAPS)
}

const gap = (file: string, { total, covered, pct }: Part): Gap => ({ file, lines: total - covered, percent: pct })

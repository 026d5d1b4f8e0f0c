import type { Coverage, Failure, Report } from './report.ts'

/** The report as a terminal shows it. */
export function asText(report: Report): string {
  const { passed, failed, skipped } = report.totals
  return (
    [
      `polymount tests: ${report.outcome.toUpperCase()}   ${passed} passed, ${failed} failed, ${skipped} skipped in ${seconds(report.ms)}   (${report.started})`,
      section(
        'By category',
        report.categories.map((c) => `${c.name.padEnd(12)} ${pad(c.passed)} passed ${pad(c.failed)} failed ${pad(c.skipped)} skipped   ${seconds(c.ms)}`),
      ),
      section('Failures', report.failures.map(failure)),
      section(
        'Passed only when repeated',
        report.repeated.map((test) => `${test.file}: ${test.name}`),
      ),
      section(
        'Skipped',
        report.skipped.map((test) => `${test.file}: ${test.name}\n    ${test.reason}`),
      ),
      report.coverage === null ? '' : section(`Coverage (gate ${report.coverage.met ? 'met' : 'NOT MET'})`, coverage(report.coverage)),
      section(
        'Slowest',
        report.slowest.map((test) => `${pad(test.ms)} ms  ${test.file}: ${test.name}`),
      ),
      section(
        'Environment',
        Object.entries(report.environment).map(([key, value]) => `${key.padEnd(12)} ${value}`),
      ),
    ]
      .filter(Boolean)
      .join('\n\n') + '\n'
  )
}

export const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`

const section = (title: string, lines: readonly string[]): string => (lines.length === 0 ? '' : [title, ...lines.map((line) => `  ${line}`)].join('\n'))

const pad = (number: number): string => String(number).padStart(6)

const failure = ({ file, name, errors, output }: Failure): string =>
  [`${file}: ${name}`, ...errors, output].filter(Boolean).join('\n').replaceAll('\n', '\n    ')

const coverage = ({ measures, gaps }: Coverage): readonly string[] => [
  ...measures.map(
    (m) => `${m.name.padEnd(12)} ${m.percent.toFixed(2).padStart(6)} %  ${m.covered} of ${m.total}${m.gate === null ? '' : `   gate ${m.gate} %`}`,
  ),
  ...gaps.map((gap) => `${pad(gap.lines)} lines not reached in ${gap.file} (${gap.percent.toFixed(0)} %)`),
]

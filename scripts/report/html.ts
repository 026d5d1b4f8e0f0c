import { readFileSync } from 'node:fs'
import { escape, raw, table } from './markup.ts'
import type { Failure, Report, Test } from './report.ts'
import { seconds } from './text.ts'

const STYLE = readFileSync(new URL('./report.css', import.meta.url), 'utf8')

/** One file without references to others: it opens from disk and can be sent around. */
export function asHtml(report: Report): string {
  const { passed, failed, skipped } = report.totals
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>polymount tests: ${report.outcome}</title><style>${STYLE}</style></head>
<body class="${report.outcome}">
<h1>polymount tests: ${report.outcome}</h1>
<p class="totals"><b class="passed">${passed} passed</b> <b class="failed">${failed} failed</b> <b class="skipped">${skipped} skipped</b> in ${seconds(report.ms)}, ${report.started}</p>
${PARTS.map((part) => part(report)).join('\n')}
</body></html>
`
}

const byCategory = ({ categories }: Report): string =>
  `<h2>By category</h2>${table(
    ['Category', 'Passed', 'Failed', 'Skipped', 'Time'],
    categories.map((c) => [c.name, c.passed, c.failed, c.skipped, seconds(c.ms)]),
  )}`

const whatFailed = ({ failures }: Report): string => (failures.length === 0 ? '' : `<h2>Failures</h2>${failures.map(failure).join('\n')}`)

const failure = ({ file, name, errors, output }: Failure): string =>
  `<details open class="failure"><summary>${escape(name)} <small>${escape(file)}</small></summary>${errors.map((text) => `<pre>${escape(text)}</pre>`).join('')}${output && `<h3>Output</h3><pre>${escape(output)}</pre>`}</details>`

const whatWasRepeated = ({ repeated }: Report): string =>
  repeated.length === 0
    ? ''
    : `<h2>Passed only when repeated</h2>${table(
        ['Test', 'File'],
        repeated.map((test) => [test.name, test.file]),
      )}`

const whatWasSkipped = ({ skipped }: Report): string =>
  skipped.length === 0
    ? ''
    : `<h2>Skipped</h2>${table(
        ['Test', 'File', 'Reason'],
        skipped.map((test) => [test.name, test.file, test.reason ?? '']),
      )}`

const whatIsSlow = ({ slowest }: Report): string =>
  `<h2>Slowest</h2>${table(
    ['ms', 'Test', 'File'],
    slowest.map((test) => [test.ms, test.name, test.file]),
  )}`

const surroundings = ({ environment }: Report): string => `<h2>Environment</h2>${table([], Object.entries(environment))}`

const everything = ({ tests }: Report): string =>
  `<h2>All tests</h2>${[...Map.groupBy(tests, (test) => test.file)].map(([file, group]) => oneFile(file, group)).join('\n')}`

const oneFile = (file: string, tests: readonly Test[]): string =>
  `<details><summary>${escape(file)} <small>${tests.length} tests</small></summary>${table(
    ['', 'Test', 'ms'],
    tests.map((test) => [raw(`<i class="${test.state}">${test.state}</i>`), test.name, test.ms]),
  )}</details>`

function reach({ coverage }: Report): string {
  if (coverage === null) return ''
  const { measures, gaps, met } = coverage
  const rows = measures.map((m) => [
    m.name,
    raw(`<meter min="0" max="100" low="${m.gate ?? 0}" value="${m.percent}"></meter>`),
    `${m.percent.toFixed(2)} %`,
    `${m.covered} of ${m.total}`,
    m.gate === null ? '' : `${m.gate} %`,
  ])
  const missing =
    gaps.length === 0
      ? ''
      : `<h3>Most lines not reached</h3>${table(
          ['File', 'Lines', 'Covered'],
          gaps.map((gap) => [gap.file, gap.lines, `${gap.percent.toFixed(0)} %`]),
        )}`
  return `<h2>Coverage: gate ${met ? 'met' : 'not met'}</h2>${table(['', '', 'Covered', '', 'Gate'], rows)}${missing}`
}

const PARTS = [whatFailed, whatWasRepeated, byCategory, whatWasSkipped, reach, whatIsSlow, everything, surroundings]

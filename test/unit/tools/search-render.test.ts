import type { z } from 'zod'
import { expect, test } from 'vitest'
import type { SearchOutput } from '../../../tools/search/output.ts'
import { renderPage } from '../../../tools/search/render.ts'

type Output = z.output<typeof SearchOutput>

const NOTHING: Output = {
  matches: [],
  files_searched: 0,
  skipped: { binary: 0, ignored: 0, unreadable: 0, long_line: 0 },
  files_left: null,
  stopped: null,
  changed: null,
  next_cursor: null,
}
const lastLine = (more: Partial<Output>): string | undefined =>
  renderPage({ ...NOTHING, ...more })
    .split('\n')
    .at(-1)

test.each<[Partial<Output>, string]>([
  [{ files_searched: 1_234 }, '[no match; searched 1,234 files]'],
  [
    { files_searched: 1_200, files_left: 38_800, stopped: 'budget', next_cursor: 'c' },
    '[no match; searched 1,200 of 40,000 files of a remote storage; narrow path or glob; more: cursor=c]',
  ],
  [{ files_searched: 5, stopped: 'time', next_cursor: 'c' }, '[no match; searched 5 files before the time was up; narrow path or glob; more: cursor=c]'],
  [
    { files_searched: 9, skipped: { binary: 1, ignored: 12_431, unreadable: 2, long_line: 1 } },
    '[no match; searched 9 files; 12,431 ignored entries skipped, ignored=true includes them; 1 binary file skipped; 2 could not be read; 1 file searched only up to a line over 16 MiB]',
  ],
  [{ files_searched: 1, changed: '/a\nb' }, '[no match; searched 1 file; "/a\\nb" has changed since the last page: look at its lines again]'],
])('%j', (output, line) => {
  expect(lastLine(output)).toBe(line)
})

test('hits side by side have no gap between them, whatever file they are in', () => {
  const hit = { kind: 'hit', path: '/a', line: 1, column: 1, text: 'x' } as const
  const matches = [hit, { ...hit, line: 9 }, { ...hit, path: '/b' }]
  expect(renderPage({ ...NOTHING, matches, files_searched: 2 })).toBe('/a:1: x\n/a:9: x\n/b:1: x\n[3 hits in 2 files; searched 2 files]')
})

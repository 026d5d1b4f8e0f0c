import { z } from 'zod'
import { shown } from '../../src/registry/shown.ts'
import type { Page } from '../../src/search/page.ts'

const Match = z.strictObject({
  kind: z.enum(['hit', 'context', 'file', 'count']),
  path: z.string(),
  line: z.int().optional(),
  column: z.int().optional().describe('In bytes, from 1'),
  text: z.string().optional(),
  count: z.int().optional(),
})

export const SearchOutput = z.strictObject({
  matches: shown(z.array(Match)),
  files_searched: z.int(),
  skipped: z.strictObject({ binary: z.int(), ignored: z.int(), unreadable: z.int(), long_line: z.int() }),
  files_left: z.int().nullable().describe('Not searched, because the budget for a remote storage was spent'),
  stopped: z.enum(['limit', 'time', 'budget']).nullable(),
  changed: z.string().nullable().describe('Changed since the page before, so its lines may be missing or come twice'),
  next_cursor: z.string().nullable(),
})

export function outputOf({ findings, tally, changed }: Page, next: string | undefined): z.input<typeof SearchOutput> {
  const { files, binary, ignored, unreadable, long_line, rest, stopped } = tally
  return {
    matches: [...findings],
    files_searched: files,
    skipped: { binary, ignored, unreadable, long_line },
    files_left: rest ?? null,
    stopped: stopped ?? (next === undefined ? null : 'limit'),
    changed: changed ?? null,
    next_cursor: next ?? null,
  }
}

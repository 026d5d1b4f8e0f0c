import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'

const RECORDS = 'test/contract/capabilities'
const PAGE = 'docs/backends.md'
const BEGIN = '<!-- made by npm run docs from what the contract suite found -->\n\n'
const END = '\n\n<!-- end -->'

/** What one run of the contract suite recorded of a storage. */
const Record = z.strictObject({
  row: z.string(),
  capabilities: z.looseObject({ cas: z.string() }),
  refused: z.array(z.string()),
  normalizes: z.boolean(),
})

type Column = readonly [title: string, of: (record: z.output<typeof Record>) => string]

const flag = (title: string, name: string): Column => [title, ({ capabilities }) => (capabilities[name] === true ? 'yes' : '')]

const COLUMNS: readonly Column[] = [
  ['storage', ({ row }) => row],
  flag('writes', 'write'),
  ['`cas`', ({ capabilities }) => (capabilities['write'] === true ? capabilities.cas : '')],
  flag('empty folders', 'empty_folders'),
  flag('rename', 'rename'),
  flag('in one step', 'rename_atomic'),
  flag('a folder in one step', 'tree_atomic'),
  flag('copy inside', 'copy'),
  flag('trash', 'trash'),
  flag('modes', 'modes'),
  flag('metadata', 'metadata'),
  flag('versions cost nothing', 'content_addressed'),
  ['names that it refuses', ({ refused, normalizes }) => [...refused.map(shown), ...(normalizes ? ['another normal form of one'] : [])].join(', ')],
]

/** docs/backends.md with its table made anew. */
export async function backendsPage(): Promise<string> {
  const page = await readFile(PAGE, 'utf8')
  const [before, rest] = page.split(BEGIN)
  const after = rest?.split(END)[1]
  if (before === undefined || after === undefined) throw new Error(`${PAGE} has no place for the table`)
  const files = (await readdir(RECORDS)).toSorted()
  const records = await Promise.all(files.map(async (file) => Record.parse(JSON.parse(await readFile(join(RECORDS, file), 'utf8')))))
  return before + BEGIN + aligned([COLUMNS.map(([title]) => title), ...records.map((record) => COLUMNS.map(([, of]) => of(record)))]) + END + after
}

/** As the formatter of the repository wants it. */
function aligned(rows: readonly (readonly string[])[]): string {
  const widths = COLUMNS.map((_, at) => Math.max(3, ...rows.map((row) => row[at]?.length ?? 0)))
  const line = (cells: readonly string[], fill = ' '): string => `| ${widths.map((width, at) => (cells[at] ?? '').padEnd(width, fill)).join(' | ')} |`
  const [head = [], ...body] = rows
  return [line(head), line([], '-'), ...body.map((row) => line(row))].join('\n')
}

const shown = (name: string): string => `\`${JSON.stringify(name).slice(1, -1)}\``

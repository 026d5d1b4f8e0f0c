import { z } from 'zod'
import { VfsError } from '../../src/core/error.ts'
import { oneLine } from '../../src/core/one-line.ts'
import type { VfsPath } from '../../src/core/path.ts'
import { isKnown } from '../../src/core/times.ts'
import type { Services } from '../../src/registry/services.ts'
import { tool, type ToolContext } from '../../src/registry/tool.ts'
import { formatSize } from '../../src/text/encoding.ts'
import { grouped } from '../../src/text/number.ts'
import { compileGlob } from '../../src/vfs/match/glob.ts'
import type { Vfs, Walked } from '../../src/vfs/types.ts'
import { entryOf, type Filter, globFilter, listedAs, longLine, orNothing, type Page, pageOf, relative, relativeGlob, scopeOf } from './listing.ts'
import { cursor, entry, parseTime, path, text } from './schemas.ts'

const limit = z.int().min(1).max(10_000)
const ListOutput = z.strictObject({ path: z.string(), entries: z.array(entry), ignored: z.int(), next_cursor: z.string().nullable(), text })
type Listed = z.input<typeof ListOutput>

const LsInput = z.strictObject({
  path,
  depth: z.int().min(1).max(100).default(1),
  glob: z.string().optional(),
  long: z.boolean().default(false),
  cursor,
  limit: limit.default(200),
})
const FindInput = z.strictObject({
  path,
  glob: z.string().optional(),
  kind: z.enum(['file', 'directory', 'link']).optional(),
  size: z.string().optional().describe('">1MB" or "<10KB"'),
  modified: z.string().optional().describe('since then, or "<" before: ISO time, 2h, 7d'),
  ignored: z.boolean().default(false).describe('true includes what .gitignore hides'),
  cursor,
  limit: limit.default(200),
})
const TreeInput = z.strictObject({ path, depth: z.int().min(1).max(100).default(3), cursor })

export class TreeTools {
  readonly #vfs: Vfs

  constructor({ vfs }: Pick<Services, 'vfs'>) {
    this.#vfs = vfs
  }

  @tool({
    name: 'vfs_ls',
    title: 'List a folder',
    description: 'List the entries of a folder, one a line (folders end in /); long adds size, time and etag.',
    effect: 'read',
    core: true,
    input: LsInput,
    output: ListOutput,
    text: (output) => output.text,
  })
  async ls({ path: at, depth, glob, long, cursor: from, limit: most }: z.output<typeof LsInput>, context: ToolContext): Promise<Listed> {
    const accept = globFilter(at, glob === undefined ? undefined : compileGlob(relativeGlob(at, glob)))
    const line = (item: Walked): string => (long ? longLine(item, nameIn(at, item)) : nameIn(at, item))
    const page = await pageOf(this.#vfs, { path: at, depth, limit: most, cursor: from, details: long, query: ['ls', at, depth, glob], accept, line }, context)
    return listed(at, page, `${oneLine(at)} · ${counted(page, from)}`, '; list their folders to see them')
  }

  @tool({
    name: 'vfs_find',
    title: 'Find files',
    description: 'Find files below a folder by glob (`*.ts` at any depth, `src/**/*.ts` from the folder), kind, size or time.',
    effect: 'read',
    core: true,
    input: FindInput,
    output: ListOutput,
    text: (output) => output.text,
  })
  async find(input: z.output<typeof FindInput>, context: ToolContext): Promise<Listed> {
    const { path: at, glob: given, kind, size, modified, ignored, cursor: from, limit: most } = input
    const glob = given === undefined ? undefined : relativeGlob(at, given)
    const filters: Filter[] = [globFilter(at, glob === undefined ? undefined : compileGlob(glob)), sizeFilter(size), timeFilter(modified)]
    const accept: Filter = (item) => (kind === undefined || item.kind === kind) && filters.every((filter) => filter(item))
    const { base, depth } = scopeOf(at, glob)
    const details = size !== undefined || modified !== undefined
    const query = ['find', at, glob, kind, size, modified, ignored]
    const page = pageOf(this.#vfs, { path: base, depth, limit: most, cursor: from, details, ignored, query, accept, line: lineOf }, context)
    const found = await orNothing(page, base, at)
    return listed(at, found, `${counted(found, from)} below ${oneLine(at)}`, '; ignored=true includes them')
  }

  @tool({
    name: 'vfs_tree',
    title: 'Show a tree',
    description: 'Show a folder and what lies below it as an indented tree.',
    effect: 'read',
    input: TreeInput,
    output: ListOutput,
    text: (output) => output.text,
  })
  async tree({ path: at, depth, cursor: from }: z.output<typeof TreeInput>, context: ToolContext): Promise<Listed> {
    const query = {
      path: at,
      depth,
      ignored: false,
      limit: 10_000,
      cursor: from,
      query: ['tree', at, depth],
      accept: () => true,
      line: treeLine,
    }
    const page = await pageOf(this.#vfs, query, context)
    return listed(at, page, at === '/' ? at : listedAs(at, 'directory'), '')
  }
}

const nameIn = (folder: VfsPath, item: Walked): string => listedAs(relative(folder, item.path), item.kind)
const treeLine = (item: Walked): string => '  '.repeat(item.depth) + listedAs(item.name, item.kind)
const lineOf = (item: Walked): string => listedAs(item.path, item.kind) + (item.size === undefined || item.kind !== 'file' ? '' : `  ${formatSize(item.size)}`)

function listed(folder: VfsPath, page: Page, head: string, how: string): Listed {
  const more = page.next === null ? [] : [`[more: cursor=${page.next}]`]
  const lines = [head, ...page.lines, ...page.ignored.note(how), ...more]
  return { path: folder, entries: page.items.map(entryOf), ignored: page.ignored.count, next_cursor: page.next, text: lines.join('\n') }
}

function counted({ items, next }: Page, from: string | undefined): string {
  if (items.length === 0) return next !== null ? 'nothing found yet' : from === undefined ? '0 entries' : 'no more entries'
  const entries = `${grouped(items.length)} ${items.length === 1 ? 'entry' : 'entries'}`
  return from !== undefined ? `${entries} on this page` : next === null ? entries : `first ${entries}`
}

const POWERS: Readonly<Record<string, number>> = { '': 0, K: 1, M: 2, G: 3, T: 4 }

function sizeFilter(size: string | undefined): Filter {
  if (size === undefined) return () => true
  const [, sign, number, unit = ''] = /^\s*([<>])\s*(\d+(?:\.\d+)?)\s*([KMGT]?)i?B?\s*$/i.exec(size) ?? []
  if (sign === undefined)
    throw new VfsError('INVALID_ARGUMENT', `size: ${JSON.stringify(size.slice(0, 50))} is no bound`, {
      hint: 'Send "<" or ">" with a number and a unit, such as ">1MB".',
    })
  const bound = Number(number) * 1024 ** (POWERS[unit.toUpperCase()] ?? 0)
  return ({ kind, size: bytes = 0 }) => kind === 'file' && (sign === '>' ? bytes > bound : bytes < bound)
}

function timeFilter(modified: string | undefined): Filter {
  if (modified === undefined) return () => true
  const before = modified.trim().startsWith('<')
  const bound = parseTime('modified', modified.replace(/^\s*[<>]\s*/, '').trim()).getTime()
  return ({ modified: time }) => isKnown(time) && (before ? time.getTime() < bound : time.getTime() >= bound)
}

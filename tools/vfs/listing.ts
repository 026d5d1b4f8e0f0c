import type { z } from 'zod'
import type { Entry } from '../../src/core/backend.ts'
import { isCode } from '../../src/core/error.ts'
import { oneLine } from '../../src/core/one-line.ts'
import { join, name as nameOf, vfsPath, type VfsPath } from '../../src/core/path.ts'
import { mapped } from '../../src/core/stream.ts'
import { isKnown, told } from '../../src/core/times.ts'
import { formatSize } from '../../src/text/encoding.ts'
import { grouped } from '../../src/text/number.ts'
import type { Matcher } from '../../src/vfs/match/glob.ts'
import type { ToolContext } from '../../src/registry/tool.ts'
import type { Vfs, VfsCall, Walked } from '../../src/vfs/types.ts'
import { cursorOf, placeOf } from '../cursor.ts'
import { late } from '../late.ts'
import { callOf, type entry } from './schemas.ts'

/** Characters of one page; what is said about it comes on top. */
const BUDGET = 38_000
const TOLD = 100 // entries between two words of progress

export interface Page {
  readonly items: readonly Walked[]
  /** The same as a model reads them. */
  readonly lines: readonly string[]
  readonly next: string | null
  readonly ignored: Ignored
}

export interface PageQuery {
  readonly path: VfsPath
  readonly depth: number
  readonly limit: number
  readonly cursor?: string | undefined
  readonly details?: boolean | undefined
  /** Given: the ignore rules hold, or with true do not. Absent: they hold below the folder's own entries only. */
  readonly ignored?: boolean | undefined
  /** What the cursor belongs to: all that decides which entries come. */
  readonly query: unknown
  readonly accept: (item: Walked) => boolean
  readonly line: (item: Walked) => string
}

/**
 * One page of what lies below a folder, in the order of the walk. Memory grows with the page. When it is late the page ends where the walk is: some
 * folders have no end, and little of what is looked for.
 */
export async function pageOf(vfs: Vfs, page: PageQuery, context: ToolContext, isLate = late()): Promise<Page> {
  const items: Walked[] = []
  const lines: string[] = []
  const ignored = new Ignored()
  let room = BUDGET
  let seen = 0
  for await (const item of entriesOf(vfs, page, ignored, callOf(context))) {
    if (++seen % TOLD === 0) context.progress(seen, undefined, `${seen} entries looked at`)
    if (page.accept(item)) {
      const line = page.line(item)
      room -= line.length + 1
      if (items.length === page.limit || (room < 0 && items.length > 0)) return { items, lines, ignored, next: cursorOf(page.query, items.at(-1)?.path ?? '') }
      items.push(item)
      lines.push(line)
    }
    if (isLate.aborted) return { items, lines, ignored, next: cursorOf(page.query, item.path) }
  }
  return { items, lines, ignored, next: null }
}

function entriesOf(vfs: Vfs, { path, depth, cursor, query, details, ignored }: PageQuery, skipped: Ignored, call: VfsCall): AsyncIterable<Walked> {
  const after = cursor === undefined ? undefined : vfsPath(String(placeOf(cursor, query)))
  if (depth > 1 || ignored !== undefined) return vfs.walk(path, { ...call, depth, details, ignored, after, onIgnored: (at, kind) => skipped.add(at, kind) })
  return mapped(vfs.list(path, { ...call, details, after: after && nameOf(after) }), (item) => ({ ...item, path: join(path, item.name), depth: 1 }))
}

/** Entries that the ignore rules left out: how many, and the names of some. */
export class Ignored {
  count = 0
  readonly #names: string[] = []

  add(path: VfsPath, kind: Entry['kind']): void {
    if (path.endsWith('/.git')) return
    this.count++
    if (this.#names.length < 5) this.#names.push(listedAs(nameOf(path), kind))
  }

  /** Told only if there are any. */
  note(how: string): string[] {
    if (this.count === 0) return []
    const more = this.count > this.#names.length ? ', …' : ''
    return [`[${grouped(this.count)} ignored ${this.count === 1 ? 'entry' : 'entries'} skipped (${this.#names.join(', ')}${more})${how}]`]
  }
}

/** A name or path as it is listed, with a mark of what it is. */
export const listedAs = (name: string, kind: Entry['kind']): string => oneLine(name) + (kind === 'directory' ? '/' : kind === 'link' ? '@' : '')

/** The path of an entry as seen from a folder above it. */
export const relative = (folder: VfsPath, path: VfsPath): string => path.slice(folder === '/' ? 1 : folder.length + 1)

export function longLine({ kind, size, modified, etag }: Entry, name: string): string {
  const length = kind === 'file' && size !== undefined ? formatSize(size) : '-'
  return [length.padStart(8), told(modified)?.slice(0, 19).concat('Z') ?? '-'.padEnd(20), (etag ?? '-').padEnd(12), name].join('  ')
}

export const entryOf = ({ name, path, kind, size, modified, etag, cid }: Walked): z.input<typeof entry> => ({
  name,
  path,
  kind,
  ...(size !== undefined && { size }),
  ...(isKnown(modified) && { modified: modified.toISOString() }),
  ...(etag !== undefined && { etag }),
  ...(cid !== undefined && { cid }),
})

/** Where the walk for a glob begins, and how deep it goes: `src/*.ts` needs no other folder than `src`. */
export function scopeOf(path: VfsPath, glob: string | undefined): { readonly base: VfsPath; readonly depth: number } {
  if (glob === undefined || !glob.replace(/\/$/, '').includes('/') || glob.includes('{')) return { base: path, depth: Infinity }
  const parts = glob.replace(/^\.?\//, '').split('/')
  const plain = parts.slice(0, -1).findIndex((part) => /[*?[\\]/.test(part) || part === '')
  const fixed = parts.slice(0, plain < 0 ? parts.length - 1 : plain)
  const rest = parts.slice(fixed.length)
  const base = fixed.reduce<VfsPath>((at, part) => join(at, part), path)
  return { base, depth: glob.includes('**') ? Infinity : rest.length }
}

/** A glob can be told below the folder, or as a whole path. */
export const relativeGlob = (path: VfsPath, glob: string): string => (glob.startsWith(`${path}/`) ? glob.slice(path.length) : glob)

/** Nothing, instead of NOT_FOUND, for a folder that only the glob names. */
export async function orNothing(page: Promise<Page>, base: VfsPath, path: VfsPath): Promise<Page> {
  try {
    return await page
  } catch (error) {
    if (base === path || !isCode(error, 'NOT_FOUND', 'NOT_DIRECTORY')) throw error
    return { items: [], lines: [], next: null, ignored: new Ignored() }
  }
}

export type Filter = (item: Walked) => boolean

export const globFilter = (path: VfsPath, glob: Matcher | undefined): Filter => (glob ? (item) => glob(relative(path, item.path)) : () => true)

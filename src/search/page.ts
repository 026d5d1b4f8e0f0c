import { isCode } from '../core/error.ts'
import type { VfsPath } from '../core/path.ts'
import type { VfsCall } from '../vfs/types.ts'
import type { Query, SearchCall } from './run.ts'
import type { Findings, Search } from './search.ts'
import type { Tally } from './tally.ts'
import type { Finding, Searchable } from './types.ts'

/** Leaves room in a result of 40,000 characters for what is said below it. */
const MAX_CHARACTERS = 37_000

/** What stands around a text in a line of a result. */
const FRAME = 16

/** Where a page ended: behind a file, or behind a line of it as it then was. */
export interface Position {
  readonly path: VfsPath
  readonly line?: number | undefined
  readonly etag?: string | undefined
}

export interface PageQuery extends Omit<Query, 'after'> {
  /** Where the page before ended. */
  readonly from?: Position | undefined
}

export interface Page {
  readonly findings: readonly Finding[]
  readonly tally: Tally
  /** Absent at the end. */
  readonly next?: Position | undefined
  /** The file at which the page before ended, if it is another now: its lines may be missing or come twice. */
  readonly changed?: VfsPath | undefined
}

/** One page of what a search finds. Pages of things that nobody changes hold everything exactly once. */
export async function findPage(search: Search, vfs: Searchable, { from, ...query }: PageQuery, call: SearchCall): Promise<Page> {
  const now = from && (await positionNow(vfs, from, call))
  const found = search.hits(vfs, { ...query, after: now }, call)
  const { findings, full } = await gather(found, query)
  const end = endOf(findings, found.tally, full)
  return {
    findings,
    tally: found.tally,
    next: end && (await positionNow(vfs, end, call)),
    changed: from && now?.etag !== from.etag ? from.path : undefined,
  }
}

async function gather(found: Findings, { limit, context }: PageQuery): Promise<{ readonly findings: readonly Finding[]; readonly full: boolean }> {
  const findings: Finding[] = []
  let hits = 0
  let characters = 0
  for await (const finding of found) {
    characters += finding.path.length + ('text' in finding ? finding.text.length : 0) + FRAME
    if (finding.kind !== 'context') hits++
    if (hits > limit || (characters > MAX_CHARACTERS && hits > 0)) return { findings: withoutLead(findings, context), full: true }
    findings.push(finding)
  }
  return { findings: found.tally.stopped === 'limit' ? withoutLead(findings, context) : findings, full: false }
}

/** Takes off what came before a hit that stands on the next page. */
function withoutLead(findings: readonly Finding[], context: number): readonly Finding[] {
  const at = findings.findLastIndex(({ kind }) => kind !== 'context')
  const last = findings[at]
  return findings.filter((finding, index) => index <= at || (finding.path === last?.path && lineOf(finding) <= lineOf(last) + context))
}

/** Where the next page begins; nothing if there is none. */
function endOf(findings: readonly Finding[], { stopped, reached }: Tally, full: boolean): Position | undefined {
  const last = findings.findLast(({ kind }) => kind !== 'context')
  if ((full || stopped === 'limit') && last) return { path: last.path, line: last.kind === 'hit' ? last.line : undefined }
  return stopped && reached ? { path: reached } : undefined
}

const lineOf = (finding: Finding): number => ('line' in finding ? finding.line : 0)

/** A place in a file is one in this content of it only; where the file is gone, the search goes on behind it. */
async function positionNow(vfs: Searchable, { path, line }: Position, { actor, signal }: VfsCall): Promise<Position> {
  if (line === undefined) return { path }
  try {
    return { path, line, etag: (await vfs.stat(path, { actor, signal })).etag }
  } catch (error) {
    if (isCode(error, 'NOT_FOUND', 'NOT_DIRECTORY', 'DENIED', 'NOT_SERVED')) return { path }
    throw error
  }
}

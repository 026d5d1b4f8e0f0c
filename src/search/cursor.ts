import { createHash } from 'node:crypto'
import { z } from 'zod'
import { VfsError } from '../core/error.ts'
import { vfsPath, type VfsPath } from '../core/path.ts'
import type { Query } from './run.ts'

/** Where a page of results ended: behind a file, or behind a line of it as it then was. */
export interface Position {
  readonly path: VfsPath
  readonly line?: number | undefined
  readonly etag?: string | undefined
}

const Cursor = z.strictObject({ q: z.string(), p: z.string().transform(vfsPath), l: z.int().optional(), e: z.string().optional() })

/** The query it goes with, except for how much is wanted at once. */
type Asked = Omit<Query, 'limit' | 'after'>

export function closeCursor(query: Asked, { path, line, etag }: Position): string {
  return Buffer.from(JSON.stringify({ q: digest(query), p: path, l: line, e: etag })).toString('base64url')
}

/** Rejects INVALID_CURSOR. */
export function openCursor(query: Asked, cursor: string): Position {
  const { q, p: path, l: line, e: etag } = parse(cursor)
  if (q !== digest(query)) throw new VfsError('INVALID_CURSOR', 'the cursor belongs to a search with other arguments', { op: 'search' })
  return { path, line, etag }
}

function parse(cursor: string): z.output<typeof Cursor> {
  try {
    return Cursor.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()))
  } catch (cause) {
    throw new VfsError('INVALID_CURSOR', 'this is not a cursor of search_content', { op: 'search', cause })
  }
}

function digest({ pattern, path, glob, output, context, ignoreCase, literal, ignored }: Asked): string {
  const asked = JSON.stringify([pattern, path, glob, output, context, ignoreCase, literal, ignored])
  return createHash('sha256').update(asked).digest('base64url').slice(0, 8)
}

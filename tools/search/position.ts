import { z } from 'zod'
import { VfsError } from '../../src/core/error.ts'
import { vfsPath } from '../../src/core/path.ts'
import type { Position } from '../../src/search/page.ts'
import { cursorOf, placeOf } from '../cursor.ts'

const Place = z.tuple([z.string().transform(vfsPath), z.int().nullable(), z.string().nullable()])

/** A position as clients send it back. */
export const positionCursor = (query: unknown, { path, line, etag }: Position): string => cursorOf(query, JSON.stringify([path, line ?? null, etag ?? null]))

/** Rejects INVALID_CURSOR. */
export function positionOf(cursor: string, query: unknown): Position {
  const [path, line, etag] = parse(String(placeOf(cursor, query)))
  return { path, line: line ?? undefined, etag: etag ?? undefined }
}

function parse(place: string): z.output<typeof Place> {
  try {
    return Place.parse(JSON.parse(place))
  } catch (cause) {
    throw new VfsError('INVALID_CURSOR', 'the cursor names no place', { cause })
  }
}

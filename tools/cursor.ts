import { createHash } from 'node:crypto'
import { VfsError } from '../src/core/error.ts'

/** Where a page ended. Opaque to clients, and good for the query that gave it only. */
export const cursorOf = (query: unknown, at: string | number): string => Buffer.from(JSON.stringify([fingerprint(query), at])).toString('base64url')

/** Rejects INVALID_CURSOR. */
export function placeOf(cursor: string, query: unknown): string | number {
  const [print, at] = parse(cursor)
  if (print !== fingerprint(query) || (typeof at !== 'string' && typeof at !== 'number'))
    throw new VfsError('INVALID_CURSOR', 'the cursor was given for other arguments')
  return at
}

function parse(cursor: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    return Array.isArray(value) ? value : []
  } catch {
    return []
  }
}

const fingerprint = (query: unknown): string => createHash('sha256').update(JSON.stringify(query)).digest('base64url').slice(0, 8)

import type { Precondition, Stat } from '../core/backend.ts'
import { VfsError } from '../core/error.ts'
import type { Target } from './target.ts'

/** What the caller expects of a path: said by it, or seen by its session. */
export interface Expectation extends Precondition {
  /** The etag that this session read last; counts only where ifMatch is not given. */
  readonly seen?: string | undefined
}

/** Rejects CONFLICT unless the path is in the state that the caller expects (journal.md, 12). */
export async function expect(op: string, target: Target, before: Stat | null, expectation: Expectation, signal?: AbortSignal): Promise<void> {
  const { ifMatch, ifNoneMatch, seen } = expectation
  if (ifNoneMatch === '*' && before !== null) throw conflict(op, target, before, 'nothing')
  if (ifMatch === '*') {
    if (before === null) throw conflict(op, target, before, 'something')
    return
  }
  const expected = ifMatch ?? seen
  if (expected === undefined || expected === before?.etag) return
  if (before === null && ifMatch === undefined) return // what this session saw was removed; writing it anew loses nothing
  if (!(await target.mount.backend.matches(target.inner, expected, { signal }))) throw conflict(op, target, before, expected)
}

function conflict(op: string, { place }: Target, before: Stat | null, expected: string): VfsError {
  const found = before?.etag ?? 'nothing'
  return new VfsError('CONFLICT', `${place.shown} changed since you read it: expected etag ${expected} but found ${found}`, {
    op,
    path: place.shown,
    hint: 'Read the file again, then repeat the change on what is there now; if_match="*" overrides.',
    details: { expected, found },
  })
}

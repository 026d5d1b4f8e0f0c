import type { Precondition, Stat } from '../core/backend.ts'
import { VfsError } from '../core/error.ts'
import type { VfsPath } from '../core/path.ts'
import type { Target } from './target.ts'

/** What the caller expects of a path: said by it, or seen by its session. */
export interface Expectation extends Precondition {
  /** The etag that this session read last; counts only where ifMatch is not given. */
  readonly seen?: string | undefined
}

/** Rejects CONFLICT unless the path is in the state that the caller expects (journal.md, 12). */
export async function expect(op: string, target: Target, before: Stat | null, expectation: Expectation, signal?: AbortSignal): Promise<void> {
  const { ifMatch, ifNoneMatch, seen } = expectation
  if (before === null) {
    if (ifMatch !== undefined) throw gone(op, target, ifMatch)
    return // what this session saw may be gone: writing it anew loses nothing
  }
  if (ifNoneMatch === '*') throw stands(op, target, before)
  const expected = ifMatch ?? seen
  if (expected === undefined || expected === '*' || expected === before.etag) return
  if (!(await target.mount.backend.matches(target.inner, expected, { signal }))) throw changedSince(op, target.place.shown, expected, before.etag)
}

export const changedSince = (op: string, path: VfsPath, expected: string, found: string): VfsError =>
  new VfsError('CONFLICT', `${path} changed since you read it: expected etag ${expected} but found ${found}`, {
    op,
    path,
    hint: 'Read the file again, then repeat the change on what is there now; if_match="*" overrides.',
    details: { expected, found },
  })

const gone = (op: string, { place: { shown: path } }: Target, expected: string): VfsError =>
  new VfsError('CONFLICT', `${path} does not exist, and if_match asks for what was there`, {
    op,
    path,
    hint: 'Leave if_match out to make it, or look where it has gone.',
    details: { expected, found: 'nothing' },
  })

const stands = (op: string, { place: { shown: path } }: Target, { etag }: Stat): VfsError =>
  new VfsError('CONFLICT', `${path} exists, and if_none_match asks that nothing does`, {
    op,
    path,
    hint: 'Choose another name, or leave if_none_match out to replace what is there.',
    details: { expected: 'nothing', found: etag },
  })

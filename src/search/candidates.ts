import type { VfsPath } from '../core/path.ts'
import { below } from '../core/path.ts'
import { compileGlob, type Matcher } from '../vfs/match/glob.ts'
import type { VfsCall } from '../vfs/types.ts'
import type { Tally } from './tally.ts'
import type { Searchable } from './types.ts'

/** Where to search. */
export interface Scope {
  readonly path: VfsPath
  /** Of files below `path`. */
  readonly glob?: string | undefined
  /** Search what .gitignore and .git hide, too. */
  readonly ignored: boolean
  /** Go on here: behind this path, or with `line` behind that line of it. */
  readonly after?: { readonly path: VfsPath; readonly line?: number | undefined } | undefined
}

/** The files to search, in the walk's order. A file that is named itself is searched whatever the rules say. */
export async function* candidates(vfs: Searchable, scope: Scope, call: VfsCall, tally: Tally): AsyncGenerator<VfsPath> {
  const { path, after } = scope
  const matches = scope.glob === undefined ? everything : compileGlob(scope.glob)
  const { kind } = await vfs.stat(path, call)
  if (after?.line !== undefined) yield after.path
  if (kind === 'file' && after === undefined) yield path
  if (kind !== 'directory') return
  const entries = vfs.walk(path, {
    ...call,
    ignored: scope.ignored,
    after: after?.path,
    onIgnored: () => void tally.ignored++,
    // What a rule hides is not there; a storage that does not answer holds up no other.
    onUnreadable: (_, { code }) => void (code !== 'DENIED' && tally.unreadable++),
  })
  for await (const entry of entries) if (entry.kind === 'file' && matches(below(path, entry.path).slice(1))) yield entry.path
}

const everything: Matcher = () => true

/** Groups of growing sizes; the last size goes on. */
export async function* inBatches<T>(items: AsyncIterable<T>, sizes: readonly [number, ...number[]]): AsyncGenerator<T[]> {
  let batch: T[] = []
  let size = 0
  for await (const item of items) {
    batch.push(item)
    if (batch.length < (sizes[Math.min(size, sizes.length - 1)] ?? sizes[0])) continue
    yield batch
    batch = []
    size++
  }
  if (batch.length > 0) yield batch
}

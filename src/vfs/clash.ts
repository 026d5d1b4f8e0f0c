import type { Stat } from '../core/backend.ts'
import { VfsError } from '../core/error.ts'
import { within, type VfsPath } from '../core/path.ts'
import type { Target } from './target.ts'

interface Source extends Pick<Target, 'mount' | 'inner'> {
  readonly path: VfsPath
}

/** Rejects INVALID_ARGUMENT where the destination is the source or lies in it, by whatever names. */
export async function refuseOntoItself(op: string, from: Source, to: Target, signal: AbortSignal | undefined): Promise<void> {
  if (!within(from.path, to.place.shown) && !(await isSameStorage(from, to, signal))) return
  throw new VfsError('INVALID_ARGUMENT', `${op} of ${from.path} onto itself or into itself`, {
    op,
    path: to.place.shown,
    hint: 'Choose a destination outside the source.',
  })
}

async function isSameStorage({ mount, inner }: Source, { place }: Target, signal: AbortSignal | undefined): Promise<boolean> {
  if (mount.backend.volume !== place.volume) return false
  return within((await mount.backend.locate(inner, { signal })) as VfsPath, place.inner as VfsPath)
}

/** Throws IS_DIRECTORY, NOT_DIRECTORY where a file and a folder meet, and ALREADY_EXISTS unless `overwrite`. */
export function refuseReplacing(op: string, from: Stat, standing: Stat, to: VfsPath, overwrite: boolean): void {
  const [isFolder, ontoFolder] = [from.kind === 'directory', standing.kind === 'directory']
  if (!isFolder && ontoFolder) throw new VfsError('IS_DIRECTORY', `${to} is a folder`, { op, path: to, hint: `Name the file in it: ${to}/NAME.` })
  if (isFolder && !ontoFolder) throw new VfsError('NOT_DIRECTORY', `${to} is a file`, { op, path: to })
  if (!overwrite) throw new VfsError('ALREADY_EXISTS', `${to} exists`, { op, path: to, details: { etag: standing.etag } })
}

import type { Stat } from '../core/backend.ts'
import { VfsError } from '../core/error.ts'
import { oneLine } from '../core/one-line.ts'
import { within, type VfsPath } from '../core/path.ts'
import type { Target } from './target.ts'

type Source = Pick<Target, 'place'>

const OVERWRITE = 'Choose another name, or pass overwrite=true if replacing it is meant.'

/** Rejects INVALID_ARGUMENT where the destination is the source or lies in it, by whatever names. */
export function refuseOntoItself(op: string, { place: from }: Source, { place: to }: Target): void {
  const inStorage = from.volume === to.volume && within(from.inner as VfsPath, to.inner as VfsPath)
  if (!within(from.shown, to.shown) && !inStorage) return
  throw new VfsError('INVALID_ARGUMENT', `${op} of ${from.shown} onto itself or into itself`, {
    op,
    path: to.shown,
    hint: 'Choose a destination outside the source.',
  })
}

/** Throws IS_DIRECTORY, NOT_DIRECTORY where a file and a folder meet, and ALREADY_EXISTS unless `overwrite`, which names itself to those who left it false. */
export function refuseReplacing(op: string, from: Pick<Stat, 'kind'>, standing: Stat, to: VfsPath, overwrite: boolean | undefined): void {
  const [isFolder, ontoFolder] = [from.kind === 'directory', standing.kind === 'directory']
  if (!isFolder && ontoFolder) throw new VfsError('IS_DIRECTORY', `${to} is a folder`, { op, path: to, hint: `Name the file in it: ${oneLine(`${to}/NAME`)}.` })
  if (isFolder && !ontoFolder) throw new VfsError('NOT_DIRECTORY', `${to} is a file`, { op, path: to })
  if (!overwrite)
    throw new VfsError('ALREADY_EXISTS', `${to} exists`, { op, path: to, details: { etag: standing.etag }, hint: overwrite === false ? OVERWRITE : undefined })
}

import type { Stat } from '../core/backend.ts'
import { VfsError } from '../core/error.ts'
import { ancestors, below, within, type VfsPath } from '../core/path.ts'
import { compileGlobs } from './match/glob.ts'
import type { TransferCall } from './types.ts'

type Globs = Pick<TransferCall, 'include' | 'exclude'>

export const isFiltered = ({ include = [], exclude = [] }: Globs): boolean => include.length + exclude.length > 0

/** Rejects INVALID_ARGUMENT for globs with a source that is no folder: silence would copy what was to be left out. */
export function requireFolderFor(op: string, globs: Globs, { kind }: Pick<Stat, 'kind'>, path: VfsPath): void {
  if (kind === 'directory' || !isFiltered(globs)) return
  throw new VfsError('INVALID_ARGUMENT', `include and exclude choose among what a folder holds, and ${path} is a ${kind}`, {
    op,
    path,
    hint: 'Leave them out, or name the folder above it.',
  })
}

/** What of a folder a transfer takes. */
export interface Choice {
  readonly takes: (file: VfsPath) => boolean
  /** Nothing below it is taken. */
  readonly leavesOut: (folder: VfsPath) => boolean
}

/** All files, or those that one of `include` means, less those of `exclude`; a folder that `exclude` means is left out with all below it. */
export function choiceOf({ include = [], exclude = [] }: Globs, top: VfsPath): Choice {
  const [included, excluded] = [compileGlobs(include), compileGlobs(exclude)]
  const relative = (path: VfsPath): string => below(top, path).slice(1)
  const leavesOut = (path: VfsPath): boolean => excluded(relative(path))
  const isBelowLeftOut = (path: VfsPath): boolean =>
    exclude.length > 0 && ancestors(path).some((folder) => folder !== top && within(top, folder) && leavesOut(folder))
  return { leavesOut, takes: (file) => (include.length === 0 || included(relative(file))) && !leavesOut(file) && !isBelowLeftOut(file) }
}

import { below, type VfsPath } from '../core/path.ts'
import { compileGlobs } from './match/glob.ts'
import type { TransferCall } from './types.ts'

type Globs = Pick<TransferCall, 'include' | 'exclude'>

export const isFiltered = ({ include = [], exclude = [] }: Globs): boolean => include.length + exclude.length > 0

/** Which files of a folder a transfer takes: all, or those that one of `include` means, less those of `exclude`. */
export function chooser({ include = [], exclude = [] }: Globs, top: VfsPath): (path: VfsPath) => boolean {
  const [included, excluded] = [compileGlobs(include), compileGlobs(exclude)]
  return (path) => {
    const relative = below(top, path).slice(1)
    return (include.length === 0 || included(relative)) && !excluded(relative)
  }
}

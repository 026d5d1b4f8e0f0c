import { collect } from '../core/bytes.ts'
import { isCode } from '../core/error.ts'
import type { VfsPath } from '../core/path.ts'
import { IgnoreRules, MAX_RULES_BYTES, type RulesSource } from './match/ignore.ts'
import type { OpenFile, PathStat, VfsCall } from './types.ts'
import type { Tree } from './walk.ts'

export interface Files {
  stat(path: VfsPath, call: VfsCall): Promise<PathStat>
  open(path: VfsPath, call: VfsCall): Promise<OpenFile>
}

/** How a walk of the VFS finds the ignore rules of each folder. `top` is where the storage begins. */
export function ignoreRulesOf(files: Files, call: VfsCall, top: VfsPath): Tree['rules'] {
  const source: RulesSource = {
    read: (path) => orElse(undefined, async () => collect((await files.open(path, call)).read({ length: MAX_RULES_BYTES }), MAX_RULES_BYTES)),
    exists: (path) => orElse(false, async () => (await files.stat(path, call)).kind !== 'link'),
  }
  return (folder, above, names) => (above ? above.enter(folder, source, names) : IgnoreRules.at(folder, top, source))
}

/** Rules that cannot be read are no rules: a hidden or missing file hides nothing else. */
async function orElse<T>(otherwise: T, look: () => Promise<T>): Promise<T> {
  try {
    return await look()
  } catch (error) {
    if (isCode(error, 'CANCELLED')) throw error
    return otherwise
  }
}

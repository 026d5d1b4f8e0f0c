import { join, type VfsPath } from '../../core/path.ts'
import { beside, type Beside, type List } from '../beside.ts'
import type { Failures } from '../transfer/failures.ts'

/** One name in two trees, and its paths. */
export interface Pair extends Omit<Beside, 'name'> {
  readonly from: VfsPath
  readonly to: VfsPath
}

interface Trees {
  readonly list: List
  /** Told of all that the source has and nothing can copy. */
  readonly leftOut: Failures
}

/** Every name below two folders, a folder before what it holds. What stands only at the destination is not entered. Memory grows with depth. */
export async function* pairs(trees: Trees, from: VfsPath, to: VfsPath, exists: boolean): AsyncGenerator<Pair> {
  const { list, leftOut } = trees
  const onSpecial = (called: string): void => leftOut.onSpecial(join(from, called))
  const onPathless = (called: string): void => leftOut.onPathless(from, called)
  for await (const some of beside(list(from, { onSpecial, onPathless }), exists ? list(to) : undefined))
    for (const { name, source, standing } of some) {
      const pair = { source, standing, from: join(from, name), to: join(to, name) }
      yield pair
      if (source?.kind === 'directory') yield* pairs(trees, pair.from, pair.to, standing?.kind === 'directory')
    }
}

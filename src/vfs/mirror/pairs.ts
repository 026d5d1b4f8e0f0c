import { join, type VfsPath } from '../../core/path.ts'
import { beside, type Beside, type List } from '../beside.ts'

/** One name in two trees, and its paths. */
export interface Pair extends Omit<Beside, 'name'> {
  readonly from: VfsPath
  readonly to: VfsPath
}

/** Every name below two folders, a folder before what it holds. What stands only at the destination is not entered. Memory grows with depth. */
export async function* pairs(list: List, from: VfsPath, to: VfsPath, exists: boolean): AsyncGenerator<Pair> {
  for await (const some of beside(list(from), exists ? list(to) : undefined))
    for (const { name, source, standing } of some) {
      const pair = { source, standing, from: join(from, name), to: join(to, name) }
      yield pair
      if (source?.kind === 'directory') yield* pairs(list, pair.from, pair.to, standing?.kind === 'directory')
    }
}

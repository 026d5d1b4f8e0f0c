import type { Entry } from '../../core/backend.ts'
import { join, type VfsPath } from '../../core/path.ts'

/** An entry of a list with details. */
export interface Found extends Entry {
  readonly size: number
  readonly etag: string
}

/** One name in two trees: what stands there in the source, at the destination, or in both. */
export interface Pair {
  readonly from: VfsPath
  readonly to: VfsPath
  readonly source: Found | undefined
  readonly standing: Found | undefined
}

export type List = (path: VfsPath) => AsyncIterable<Found>

/**
 * Every name below two folders, a folder before what it holds. What stands only at the destination is not entered. Memory
 * grows with depth and the width of one folder.
 */
export async function* pairs(list: List, from: VfsPath, to: VfsPath, exists: boolean): AsyncGenerator<Pair> {
  const extras = new Map<string, Found>()
  if (exists) for await (const entry of list(to)) extras.set(entry.name, entry)
  for await (const source of list(from)) {
    const pair = { source, from: join(from, source.name), to: join(to, source.name), standing: extras.get(source.name) }
    extras.delete(source.name)
    yield pair
    if (source.kind === 'directory') yield* pairs(list, pair.from, pair.to, pair.standing?.kind === 'directory')
  }
  for (const [name, standing] of extras) yield { source: undefined, from: join(from, name), to: join(to, name), standing }
}

import type { VfsPath } from '../core/path.ts'
import type { Outcome } from './grep.ts'
import type { Tally } from './tally.ts'
import type { Finding } from './types.ts'

/** Files that were searched together. */
export interface Searched {
  readonly paths: readonly VfsPath[]
  readonly outcome: Outcome
}

/** Files that a thread could not read by itself: behind a link, say. */
export const unreadable = ({ paths, outcome }: Searched): VfsPath[] =>
  outcome.cuts.flatMap(({ file, why }) => (why === 'unreadable' && paths[file] !== undefined ? [paths[file]] : []))

/** What was found in `first` and, in files that it could not read, by `later` tries, in the order of the files. */
export function merged(first: Searched, later: readonly Searched[]): Searched {
  const { paths, outcome } = first
  const places = new Map(paths.map((path, place) => [path, place]))
  const moved = later.map((part) => inPlaces(part, places))
  const all = [{ ...outcome, cuts: outcome.cuts.filter(({ why }) => why !== 'unreadable') }, ...moved]
  return {
    paths,
    outcome: {
      found: all.flatMap(({ found }) => found).toSorted((a, b) => a.file - b.file),
      cuts: all.flatMap(({ cuts }) => cuts),
      complete: all.every(({ complete }) => complete),
      bytes: all.reduce((sum, { bytes }) => sum + bytes, 0),
    },
  }
}

function inPlaces({ paths, outcome }: Searched, places: ReadonlyMap<VfsPath | undefined, number>): Outcome {
  const moved = <T extends { readonly file: number }>(one: T): T => ({ ...one, file: places.get(paths[one.file]) ?? 0 })
  return { ...outcome, found: outcome.found.map(moved), cuts: outcome.cuts.map(moved) }
}

/** Counts what was searched, and gives what was found. */
export function* findingsOf({ paths, outcome }: Searched, tally: Tally): Generator<Finding> {
  for (const { why } of outcome.cuts) tally[why]++
  tally.bytes += outcome.bytes
  tally.files += outcome.complete ? paths.length : (outcome.found.at(-1)?.file ?? 0) + 1
  for (const { file, ...match } of outcome.found) {
    const path = paths[file]
    if (path !== undefined) yield { ...match, path }
  }
  if (outcome.complete) tally.reached = paths.at(-1)
}

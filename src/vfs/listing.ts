import type { Entry } from '../core/backend.ts'
import { compareNames } from '../core/path.ts'

/** Entries of a backend with the names of mounts put in where they belong; a mount hides what has its name. */
export async function* withMounts(entries: AsyncIterable<Entry>, mounts: readonly string[], details: (name: string) => Entry): AsyncIterable<Entry> {
  const waiting = mounts.toSorted(compareNames)
  for await (const entry of entries) {
    while (waiting.length > 0 && compareNames(waiting[0]!, entry.name) < 0) yield details(waiting.shift()!)
    if (waiting[0] !== entry.name) yield entry
  }
  for (const name of waiting) yield details(name)
}

import type { Entry } from '../core/backend.ts'
import { compareNames } from '../core/path.ts'
import { NO_TIME } from '../core/times.ts'

/** Entries of a backend with the names of mounts put in where they belong; a mount hides what has its name. */
export async function* withMounts(entries: AsyncIterable<Entry>, mounts: readonly string[]): AsyncIterable<Entry> {
  const waiting = mounts.toSorted(compareNames)
  for await (const entry of entries) {
    for (let [next] = waiting; next !== undefined && compareNames(next, entry.name) < 0; [next] = waiting) {
      waiting.shift()
      yield mountEntry(next)
    }
    if (waiting[0] !== entry.name) yield entry
  }
  for (const name of waiting) yield mountEntry(name)
}

const mountEntry = (name: string): Entry => ({ name, kind: 'directory', size: 0, modified: NO_TIME, etag: 'mounts' })

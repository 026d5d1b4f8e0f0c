import type { VfsPath } from '../core/path.ts'

/** What a search has done so far; filled while its findings are taken. */
export interface Tally {
  files: number
  bytes: number
  /** Entries (a folder is one, with all below it) that the ignore rules hid. */
  ignored: number
  binary: number
  unreadable: number
  /** Files that were searched only up to a line that is too long. */
  long_line: number
  /** Up to here everything was searched, in the walk's order. */
  reached?: VfsPath | undefined
  /** Files that were left when the budget was spent. */
  rest?: number | undefined
  /** Why the search ended before the end of the tree. */
  stopped?: 'limit' | 'time' | 'budget' | undefined
}

export const newTally = (): Tally => ({ files: 0, bytes: 0, ignored: 0, binary: 0, unreadable: 0, long_line: 0 })

import type { VfsPath } from '../core/path.ts'
import type { Vfs } from '../vfs/types.ts'

/** What a search needs of the VFS. */
export type Searchable = Pick<Vfs, 'stat' | 'walk' | 'open' | 'mounts' | 'inThread'>

/** What is asked of every file. */
export interface Pattern {
  readonly pattern: string
  /** lines: every matching line; files: the names of files that have one; count: how many each has. */
  readonly output: 'lines' | 'files' | 'count'
  /** Lines shown before and after each hit. */
  readonly context: number
  readonly ignoreCase: boolean
  readonly literal: boolean
}

interface Hit {
  readonly kind: 'hit'
  readonly line: number
  /** Of the first match, in bytes, from 1. */
  readonly column: number
  readonly text: string
}

interface ContextLine {
  readonly kind: 'context'
  readonly line: number
  readonly text: string
}

interface FileName {
  readonly kind: 'file'
}

interface FileCount {
  readonly kind: 'count'
  readonly count: number
}

type Match = Hit | ContextLine | FileName | FileCount

/** Something found, in the order of the walk. */
export type Finding = Match & { readonly path: VfsPath }

/** As a worker tells it: the file by its place in the batch. */
export type Found = Match & { readonly file: number }

import { compareNames } from '../../src/core/path.ts'

/** A tree as the simplest thing that is one: what a VFS is held against. Values are contents; null is a folder. */
export type Tree = Map<string, string | null>

export type Op =
  | { readonly op: 'write'; readonly at: string; readonly content: string }
  | { readonly op: 'mkdir'; readonly at: string }
  | { readonly op: 'remove'; readonly at: string }
  | Transfer

export interface Transfer {
  readonly op: 'move' | 'copy'
  readonly at: string
  readonly to: string
  readonly overwrite: boolean
}

/** The tree after an operation, or the code with which it is refused. */
export function apply(tree: Tree, op: Op): Tree | string {
  if (op.op === 'write') return write(tree, op.at, op.content)
  if (op.op === 'mkdir') return mkdir(tree, op.at)
  if (op.op === 'remove') return tree.has(op.at) ? without(tree, op.at) : missing(tree, op.at)
  return transfer(tree, op)
}

const up = (path: string): string => path.slice(0, path.lastIndexOf('/'))
const below = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`)
/** A path below a file cannot be; any other is just not there. */
function missing(tree: Tree, at: string): string {
  for (let folder = up(at); folder !== ''; folder = up(folder)) if (typeof tree.get(folder) === 'string') return 'NOT_DIRECTORY'
  return 'NOT_FOUND'
}

const without = (tree: Tree, at: string): Tree => new Map([...tree].filter(([path]) => !below(path, at)))

/** The folders above, made where they are missing; a code where a file stands in the way. */
function withParents(tree: Tree, at: string): Tree | string {
  const made = new Map(tree)
  for (let folder = up(at); folder !== ''; folder = up(folder)) {
    if (typeof tree.get(folder) === 'string') return 'NOT_DIRECTORY'
    made.set(folder, null)
  }
  return made
}

function write(tree: Tree, at: string, content: string): Tree | string {
  if (tree.get(at) === null) return 'IS_DIRECTORY'
  const made = withParents(tree, at)
  return typeof made === 'string' ? made : made.set(at, content)
}

function mkdir(tree: Tree, at: string): Tree | string {
  if (typeof tree.get(at) === 'string') return 'ALREADY_EXISTS'
  const made = withParents(tree, at)
  return typeof made === 'string' ? made : made.set(at, null)
}

function transfer(tree: Tree, { op, at, to, overwrite }: Transfer): Tree | string {
  const source = tree.get(at)
  if (source === undefined) return missing(tree, at)
  if (below(to, at)) return 'INVALID_ARGUMENT'
  const standing = tree.get(to)
  if (standing === null && source !== null) return 'IS_DIRECTORY'
  if (typeof standing === 'string' && source === null) return 'NOT_DIRECTORY'
  if (standing !== undefined && !overwrite) return 'ALREADY_EXISTS'
  if (op === 'move' && below(at, to)) return merged(tree, at, to, true)
  return merged(tree, at, to, op === 'move')
}

export const byPath = ([a]: [string, unknown], [b]: [string, unknown]): number => compareNames(a, b)

/** All that stands at or below `at`, now also at `to`; a file and a folder never replace one another. */
function merged(tree: Tree, at: string, to: string, moves: boolean): Tree | string {
  const made = withParents(tree, to)
  if (typeof made === 'string') return made
  for (const [path, content] of [...tree].filter(([each]) => below(each, at)).toSorted(byPath)) {
    const there = to + path.slice(at.length)
    const standing = tree.get(there)
    if (standing === null && content !== null) return 'IS_DIRECTORY'
    if (typeof standing === 'string' && content === null) return 'NOT_DIRECTORY'
    made.set(there, content)
  }
  return moves ? without(made, at) : made
}

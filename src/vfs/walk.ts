import type { Entry } from '../core/backend.ts'
import { isCode, throwIfAborted, VfsError } from '../core/error.ts'
import { below, compareNames, join, segments, within, type VfsPath } from '../core/path.ts'
import type { IgnoreRules } from './match/ignore.ts'
import type { Walked, WalkOptions } from './types.ts'

/** What a walk needs of the VFS. */
export interface Tree {
  list(path: VfsPath, details: boolean): AsyncIterable<Entry>
  /** The rules that hold inside a folder that has these names, given those of the folder above it. */
  rules(folder: VfsPath, above: IgnoreRules | undefined, names: ReadonlySet<string>): Promise<IgnoreRules>
}

interface Level {
  readonly folder: VfsPath
  readonly entries: IterableIterator<Entry>
  readonly rules: IgnoreRules | undefined
  /** Names of the path to begin after, from this level on. */
  readonly resume: readonly string[]
}

/** Depth first, in name order; a folder comes before what it holds, and is entered unless the ignore rules hide it. */
export async function* walk(tree: Tree, top: VfsPath, options: WalkOptions): AsyncIterable<Walked> {
  const after = options.after !== undefined && within(top, options.after) ? segments(below(top, options.after)) : []
  const levels = [await open(tree, top, options, undefined, after)]
  for (let level = levels.at(-1); level; level = levels.at(-1)) {
    const next = level.entries.next()
    if (next.done) {
      levels.pop()
      continue
    }
    const seen = visit(next.value, level, options)
    if (seen === undefined) continue
    if (seen.yields) yield { ...next.value, path: seen.path, depth: levels.length }
    if (next.value.kind === 'directory' && levels.length < (options.depth ?? Infinity))
      levels.push(await open(tree, seen.path, options, level, seen.yields ? [] : level.resume.slice(1)))
  }
}

async function open(tree: Tree, folder: VfsPath, options: WalkOptions, above: Level | undefined, resume: readonly string[]): Promise<Level> {
  throwIfAborted(options.signal, 'walk')
  const entries = await listed(tree, folder, options, above !== undefined)
  const rules = options.ignored ? undefined : await tree.rules(folder, above?.rules, new Set(entries.map(({ name }) => name)))
  return { folder, resume, rules, entries: entries.values() }
}

/** Below the top a folder may vanish, or turn into something else, while the walk goes on: it then holds nothing. */
async function listed(tree: Tree, folder: VfsPath, { details, onUnreadable }: WalkOptions, lenient: boolean): Promise<Entry[]> {
  try {
    return await Array.fromAsync(tree.list(folder, details === true))
  } catch (error) {
    if (!lenient || !(error instanceof VfsError) || error.code === 'CANCELLED') throw error
    if (isCode(error, 'NOT_FOUND', 'NOT_DIRECTORY')) return []
    if (!onUnreadable) throw error
    onUnreadable(folder, error)
    return []
  }
}

/** undefined: skipped, by the ignore rules or because the walk begins after it. On the way to its beginning a walk enters folders that it does not yield again. */
function visit(entry: Entry, level: Level, options: WalkOptions): { readonly path: VfsPath; readonly yields: boolean } | undefined {
  const [resume] = level.resume
  const order = resume === undefined ? 1 : compareNames(entry.name, resume)
  if (order < 0) return undefined
  const path = join(level.folder, entry.name)
  if (!level.rules?.ignores(entry.name, entry.kind === 'directory')) return { path, yields: order > 0 }
  if (order > 0) options.onIgnored?.(path, entry.kind)
  return undefined
}

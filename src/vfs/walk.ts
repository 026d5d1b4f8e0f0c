import type { Entry, ListOptions } from '../core/backend.ts'
import { isCode, throwIfAborted, VfsError } from '../core/error.ts'
import { below, compareNames, join, justBefore, segments, within, type VfsPath } from '../core/path.ts'
import { Pieces } from './pieces.ts'
import { type IgnoreRules, LAST_RULES_NAME } from './match/ignore.ts'
import type { Walked, WalkOptions } from './types.ts'

/** What a walk needs of the VFS. */
export interface Tree {
  list(path: VfsPath, options: Omit<ListOptions, 'signal'>): AsyncIterable<Entry>
  /** The rules that hold inside a folder, given those of the folder above it; `names` are what is in it, as far as rules may have it, if that is known. */
  rules(folder: VfsPath, above: IgnoreRules | undefined, names: ReadonlySet<string> | undefined): Promise<IgnoreRules>
}

interface Level {
  readonly folder: VfsPath
  readonly entries: Pieces
  readonly rules: IgnoreRules | undefined
  /** Names of the path to begin after, from this level on. The listing begins at the first. */
  readonly resume: readonly string[]
}

/** Depth first, in name order; a folder comes before what it holds, and is entered unless the ignore rules hide it. */
export async function* walk(tree: Tree, top: VfsPath, options: WalkOptions): AsyncIterable<Walked> {
  const after = options.after !== undefined && within(top, options.after) ? segments(below(top, options.after)) : []
  const levels = [await open(tree, top, options, undefined, after)]
  try {
    for (let level = levels.at(-1); level; level = levels.at(-1)) {
      const entry = level.entries.next() ?? (await level.entries.more())
      if (entry === undefined) {
        levels.pop()
        continue
      }
      const seen = visit(entry, level, options)
      if (seen === undefined) continue
      if (seen.yields) yield { ...entry, path: seen.path, depth: levels.length }
      if (entry.kind === 'directory' && levels.length < (options.depth ?? Infinity))
        levels.push(await open(tree, seen.path, options, level, seen.yields ? [] : level.resume.slice(1)))
    }
  } finally {
    await Promise.all(levels.map(({ entries }) => entries.close()))
  }
}

async function open(tree: Tree, folder: VfsPath, options: WalkOptions, above: Level | undefined, resume: readonly string[]): Promise<Level> {
  throwIfAborted(options.signal, 'walk')
  const entries = new Pieces(listed(tree, folder, options, { lenient: above !== undefined, after: resume[0] && justBefore(resume[0]) }))
  try {
    await entries.fill()
    const rules = options.ignored ? undefined : await tree.rules(folder, above?.rules, resume.length > 0 ? undefined : entries.namesUpTo(LAST_RULES_NAME))
    return { folder, resume, rules, entries }
  } catch (error) {
    await entries.close()
    throw error
  }
}

/** Below the top a folder may vanish, or turn into something else, while the walk goes on: it then holds nothing more. */
async function* listed(
  tree: Tree,
  folder: VfsPath,
  { details, onUnreadable, onSpecial, onPathless }: WalkOptions,
  { lenient, after }: { readonly lenient: boolean; readonly after: string | undefined },
): AsyncGenerator<Entry> {
  try {
    yield* tree.list(folder, {
      details: details === true,
      after,
      onSpecial: onSpecial && ((name) => onSpecial(join(folder, name))),
      onPathless: onPathless && ((name) => onPathless(folder, name)),
    })
  } catch (error) {
    if (!lenient || !(error instanceof VfsError) || error.code === 'CANCELLED') throw error
    if (isCode(error, 'NOT_FOUND', 'NOT_DIRECTORY')) return
    if (!onUnreadable) throw error
    onUnreadable(folder, error)
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

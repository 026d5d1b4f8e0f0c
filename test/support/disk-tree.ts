import { createReadStream } from 'node:fs'
import { chmod, lstat, lutimes, mkdir, readdir, readlink, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as fc from 'fast-check'
import type { Metadata, Source } from '../../src/content/types.ts'

/** A folder to be made: content, a link's target, or more of the same. */
export type DiskTree = Map<string, string | { readonly target: string } | DiskTree>

/** Names as they come: of any script, hidden, with blanks and line ends. */
const name = fc
  .oneof(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }), fc.constantFrom('.hidden', '-dash', 'a b', 'new\nline', '%2e', 'ümlaut', '🙂', 'con.'))
  .filter((text) => text.isWellFormed() && !/[/\0]/.test(text) && text !== '.' && text !== '..')

export const diskTree: fc.Arbitrary<DiskTree> = fc.letrec<{ folder: DiskTree; entry: string | { target: string } | DiskTree }>((tie) => ({
  folder: fc.array(fc.tuple(name, tie('entry')), { maxLength: 6 }).map((entries) => new Map(entries)),
  entry: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.oneof(fc.constant(''), fc.string({ maxLength: 40 })),
    fc.constantFrom('a', '../x', 'no/where').map((target) => ({ target })),
    tie('folder'),
  ),
})).folder

export async function plant(path: string, tree: DiskTree): Promise<void> {
  await mkdir(path)
  for (const [child, entry] of tree) {
    const at = join(path, child)
    if (entry instanceof Map) await plant(at, entry)
    else if (typeof entry === 'string') await writeFile(at, entry)
    else await symlink(entry.target, at)
  }
}

/** Gives every file and folder a mode and a time of its own. */
export async function dress(path: string, seed = 1): Promise<void> {
  const stat = await lstat(path)
  if (stat.isDirectory()) for (const [i, child] of (await readdir(path)).entries()) await dress(join(path, child), seed * 7 + i)
  if (!stat.isSymbolicLink()) await chmod(path, stat.isDirectory() ? 0o700 | (seed & 0o77) : 0o600 | (seed & 0o177))
  const time = new Date(Date.UTC(1960 + (seed % 100), seed % 12, seed % 28) + (seed % 2) * 125)
  await lutimes(path, time, time)
}

export interface Preserving {
  readonly modes?: boolean
  readonly times?: boolean
}

/** What to add for a folder of the disk. */
export async function* sourcesOf(folder: string, preserving: Preserving = {}, path = ''): AsyncGenerator<Source> {
  yield { path, ...(await metaOf(folder, preserving)) }
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const [at, inner] = [join(folder, entry.name), path === '' ? entry.name : `${path}/${entry.name}`]
    if (entry.isDirectory()) yield* sourcesOf(at, preserving, inner)
    else if (entry.isSymbolicLink()) yield { path: inner, target: await readlink(at), ...(await metaOf(at, preserving)) }
    else yield { path: inner, content: createReadStream(at), ...(await metaOf(at, preserving)) }
  }
}

async function metaOf(path: string, { modes, times }: Preserving): Promise<Metadata> {
  const { mode, mtimeMs } = await lstat(path)
  return { ...(modes && { mode: mode & 0o7777 }), ...(times && { modified: new Date(Math.round(mtimeMs)) }) }
}

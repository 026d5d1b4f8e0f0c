import { existsSync } from 'node:fs'
import { realpath, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { VfsError } from '../core/error.ts'
import { vfsPath, type VfsPath } from '../core/path.ts'

/** A folder of the command line, mounted at its own path. */
export interface ServedFolder {
  readonly path: VfsPath
  readonly readOnly: boolean
  /** Why it cannot be served now. */
  readonly problem?: VfsError | undefined
}

/**
 * The folders that were named; without any, the current one if it is somebody's work. One that is not there, as a disk that is not
 * plugged in, takes no other with it: its mount tells the error until it comes. Rejects CONFIG_INVALID, also where none of them is there.
 */
export async function servedFolders(named: readonly string[], { cwd, home }: { readonly cwd: string; readonly home: string }): Promise<ServedFolder[]> {
  const texts = named.length > 0 ? named : isWork(await realpath(cwd), await realpath(home).catch(() => home)) ? ['.'] : []
  const folders = new Map<VfsPath, ServedFolder>()
  for (const text of texts) {
    const folder = await served(text, cwd)
    const twin = folders.get(folder.path)
    if (twin && twin.readOnly !== folder.readOnly) throw invalid(`${folder.path} is named twice, once with ":ro" and once without`)
    folders.set(folder.path, folder)
  }
  const all = [...folders.values()]
  if (all[0]?.problem && all.every(({ problem }) => problem)) throw all[0].problem
  return all
}

async function served(text: string, cwd: string): Promise<ServedFolder> {
  const readOnly = text.endsWith(':ro')
  const path = readOnly ? text.slice(0, -':ro'.length) : text
  const named = resolve(cwd, path)
  const real = await realpath(named).catch((cause: NodeJS.ErrnoException) => invalid(`${path} cannot be served (${cause.code})`, cause))
  if (real instanceof VfsError) return { path: vfsPath(named), readOnly, problem: real }
  return { path: vfsPath(real), readOnly, problem: (await stat(real)).isDirectory() ? undefined : invalid(`${path} is not a folder`) }
}

/** A git work tree below neither home nor `/` is what a person who starts an agent there means; anything else might be everything. */
function isWork(folder: string, home: string): boolean {
  if (folder === home || folder === '/') return false
  for (let at = folder; at !== '/'; at = dirname(at)) if (existsSync(join(at, '.git'))) return true
  return false
}

const invalid = (message: string, cause?: unknown): VfsError =>
  new VfsError('CONFIG_INVALID', message, { op: 'config', cause, hint: 'Name folders that exist, such as: polymount ~/project' })

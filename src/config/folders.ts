import { existsSync } from 'node:fs'
import { realpath, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { VfsError } from '../core/error.ts'
import { vfsPath, type VfsPath } from '../core/path.ts'

/** A folder of the command line, mounted at its own path. */
export interface ServedFolder {
  readonly path: VfsPath
  readonly readOnly: boolean
}

/** The folders that were named; without any, the current one if it is somebody's work. Rejects CONFIG_INVALID. */
export async function servedFolders(named: readonly string[], { cwd, home }: { readonly cwd: string; readonly home: string }): Promise<ServedFolder[]> {
  const texts = named.length > 0 ? named : isWork(await realpath(cwd), await realpath(home).catch(() => home)) ? ['.'] : []
  const folders = new Map<VfsPath, ServedFolder>()
  for (const text of texts) {
    const folder = await served(text, cwd)
    const twin = folders.get(folder.path)
    if (twin && twin.readOnly !== folder.readOnly) throw invalid(`${folder.path} is named twice, once with ":ro" and once without`)
    folders.set(folder.path, folder)
  }
  return [...folders.values()]
}

async function served(text: string, cwd: string): Promise<ServedFolder> {
  const readOnly = text.endsWith(':ro')
  const path = readOnly ? text.slice(0, -':ro'.length) : text
  const real = await realpath(resolve(cwd, path)).catch((cause: NodeJS.ErrnoException) => {
    throw invalid(`${path} cannot be served (${cause.code})`, cause)
  })
  if (!(await stat(real)).isDirectory()) throw invalid(`${path} is not a folder`)
  return { path: vfsPath(real), readOnly }
}

/** A git work tree below neither home nor `/` is what a person who starts an agent there means; anything else might be everything. */
function isWork(folder: string, home: string): boolean {
  if (folder === home || folder === '/') return false
  for (let at = folder; at !== '/'; at = dirname(at)) if (existsSync(join(at, '.git'))) return true
  return false
}

const invalid = (message: string, cause?: unknown): VfsError =>
  new VfsError('CONFIG_INVALID', message, { op: 'config', cause, hint: 'Name folders that exist, such as: polymount ~/project' })

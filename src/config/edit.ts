import { open, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { VfsError } from '../core/error.ts'

export type Settings = Record<string, unknown>

/**
 * Replaces a configuration file by what `change` makes of it, whole or not at all; without a file, of nothing. The
 * indentation stays; `change` rejects what may not be written.
 */
export async function editFile(path: string, change: (settings: Settings) => Settings): Promise<void> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? '{}' : Promise.reject(unwritable(path, error))))
  const changed = `${JSON.stringify(change(parsed(path, text)), null, /\n([ \t]+)"/.exec(text)?.[1] ?? '  ')}\n`
  const mode = await stat(path).then(
    (standing) => standing.mode & 0o777,
    () => 0o600,
  )
  await replace(path, changed, mode).catch((error: NodeJS.ErrnoException) => Promise.reject(unwritable(path, error)))
}

async function replace(path: string, text: string, mode: number): Promise<void> {
  const staged = `${path}.${process.pid}.tmp`
  try {
    await written(staged, text, mode)
    await rename(staged, path)
    await using folder = await open(dirname(path))
    await folder.sync()
  } catch (error) {
    await rm(staged, { force: true })
    throw error
  }
}

async function written(path: string, text: string, mode: number): Promise<void> {
  await using file = await open(path, 'wx', mode)
  await file.writeFile(text)
  await file.sync()
}

function parsed(path: string, text: string): Settings {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  } catch {
    // Said below, without the parser's message, which quotes the file.
  }
  throw new VfsError('CONFIG_INVALID', `the configuration file ${path} holds no JSON object`, { op: 'config' })
}

const unwritable = (path: string, cause: NodeJS.ErrnoException): VfsError =>
  new VfsError('CONFIG_INVALID', `the configuration file ${path} cannot be changed (${cause.code})`, { op: 'config', cause })

import { existsSync } from 'node:fs'
import { chmod, mkdir, stat } from 'node:fs/promises'
import { dirname, isAbsolute, join } from 'node:path'
import { VfsError } from '../core/error.ts'

export interface Surroundings {
  readonly env: NodeJS.ProcessEnv
  readonly home: string
}

export const defaultDataFolder = (at: Surroundings): string => join(xdg(at, 'XDG_DATA_HOME', '.local/share'), 'polymount')
export const defaultConfigFolder = (at: Surroundings): string => join(xdg(at, 'XDG_CONFIG_HOME', '.config'), 'polymount')

/** The XDG rules: a relative folder is ignored. */
export function xdg({ env, home }: Surroundings, variable: string, otherwise: string): string {
  const named = env[variable]
  return named !== undefined && isAbsolute(named) ? named : join(home, otherwise)
}

/** What /local shows, inside the data folder. */
export const LOCAL_FILES = 'files'

/** Makes the data folder, and the folder of /local in it, for its owner alone. Rejects DATA_FOLDER_UNSAFE where somebody else could have put something in. */
export async function prepareDataFolder(path: string): Promise<void> {
  await makeFolder(path).catch((cause: NodeJS.ErrnoException) => {
    throw new VfsError('CONFIG_INVALID', `the data folder ${path} cannot be made (${cause.code})`, {
      op: 'config',
      cause,
      hint: 'Choose a folder that you own with --data-dir.',
    })
  })
  const { mode, uid } = await stat(path)
  const me = process.getuid?.() ?? uid
  if (uid !== me || (mode & 0o022) !== 0)
    throw new VfsError('DATA_FOLDER_UNSAFE', `the data folder ${path} ${uid === me ? 'can be written by other users' : 'belongs to another user'}`, {
      op: 'config',
    })
  if ((mode & 0o077) !== 0) await chmod(path, 0o700)
  await makeFolder(join(path, LOCAL_FILES))
}

/** With its parents, as `recursive` does; that never ends in Node where a system says ENOENT of a folder whose parent is there, as in /proc. */
async function makeFolder(path: string): Promise<void> {
  if (await isFolder(path)) return
  if (!existsSync(dirname(path))) await makeFolder(dirname(path))
  await mkdir(path, { mode: 0o700 }).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST' || !(await isFolder(path))) throw error
  })
}

const isFolder = async (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )

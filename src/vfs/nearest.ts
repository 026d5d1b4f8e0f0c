import type { Entry } from '../core/backend.ts'
import { VfsError } from '../core/error.ts'
import { nearest } from '../core/nearest.ts'
import { oneLine } from '../core/one-line.ts'
import { ancestors, join, name, type VfsPath } from '../core/path.ts'

const LOOKED_AT = 1000 // names of one folder

/** The same NOT_FOUND, naming what exists nearest to the path, unless its very name does: as a link that leads nowhere. `list` shows only what the caller may see. */
export async function namingNearest(error: VfsError, path: VfsPath, list: (folder: VfsPath) => AsyncIterable<Entry>): Promise<VfsError> {
  const found = await nearestTo(path, list)
  if (found === undefined || found === path) return error
  return new VfsError('NOT_FOUND', `${path} does not exist; nearest: ${oneLine(found)}`, {
    op: error.op,
    path,
    backend: error.backend,
    cause: error.cause,
    hint: `Use ${oneLine(found)} if it is what you meant, or list its folder.`,
    details: { nearest: found },
  })
}

async function nearestTo(path: VfsPath, list: (folder: VfsPath) => AsyncIterable<Entry>): Promise<VfsPath | undefined> {
  let missing = name(path)
  for (const folder of ancestors(path)) {
    try {
      const found = await closest(missing, list(folder))
      return found === undefined ? folder : join(folder, found)
    } catch {
      missing = name(folder) // the folder itself is missing too
    }
  }
  return undefined
}

async function closest(wanted: string, entries: AsyncIterable<Entry>): Promise<string | undefined> {
  const names: string[] = []
  for await (const entry of entries) if (names.push(entry.name) === LOOKED_AT) break
  return nearest(wanted, names)
}

import type { Trash } from '../core/backend.ts'
import { isCode, VfsError } from '../core/error.ts'
import { join, ROOT, type VfsPath } from '../core/path.ts'
import type { ChangeId, Journal } from '../journal/types.ts'

/**
 * The id under which the trash holds what a removal took. What was brought back and taken away again lies under that later removal.
 * Undefined where it is not held any more.
 */
export async function lyingUnder(journal: Journal, trash: Trash, removal: ChangeId): Promise<ChangeId | undefined> {
  const removals = journal.removals(removal)
  if (removals.length === 1) return removal
  for (const id of removals) if (await holds(trash, id)) return id
  return undefined
}

export async function holds({ contents }: Trash, id: ChangeId): Promise<boolean> {
  try {
    await contents.stat(join(ROOT, id))
    return true
  } catch (error) {
    if (isCode(error, 'NOT_FOUND', 'VERSION_NOT_FOUND')) return false
    throw error
  }
}

export const notKept = (path: VfsPath, change: ChangeId, why: string): VfsError =>
  new VfsError('VERSION_NOT_FOUND', `no content of ${path} at change ${change}: ${why}`, { op: 'version', path, details: { change } })

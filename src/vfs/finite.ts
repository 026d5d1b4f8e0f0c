import type { Entry } from '../core/backend.ts'
import { isCode, VfsError } from '../core/error.ts'
import { join, type VfsPath } from '../core/path.ts'

/** As many as `ipfs_get` writes. */
const MAX_ENTRIES = 1_000_000

/**
 * Some blocks can name a tree without end, each folder the same one twice. Counts what lies below a folder that is listed by CIDs,
 * of which each is looked at once. Rejects INVALID_PATH where that is more than anybody could take.
 */
export async function requireFinite(list: (folder: VfsPath) => AsyncIterable<Entry>, top: VfsPath): Promise<void> {
  const known = new Map<string, number>()
  const count = async (folder: VfsPath): Promise<number> => {
    let total = 0
    for await (const { name, kind, cid } of listable(list(folder))) {
      total++
      if (kind !== 'directory' || cid === undefined) continue // another mount
      const below = known.get(cid) ?? (await count(join(folder, name)))
      known.set(cid, below)
      total += below
      if (total > MAX_ENTRIES) throw endless(top)
    }
    return total
  }
  await count(top)
}

/** What cannot be listed is told by who takes it, and nobody gets further there. */
async function* listable(entries: AsyncIterable<Entry>): AsyncGenerator<Entry> {
  try {
    yield* entries
  } catch (error) {
    if (isCode(error, 'CANCELLED')) throw error
  }
}

const endless = (top: VfsPath): VfsError =>
  new VfsError('INVALID_PATH', `${top} has more than ${MAX_ENTRIES} entries, folders that stand in it twice counted twice; nothing was done`, {
    path: top,
    hint: 'Take the parts that you need one by one.',
  })

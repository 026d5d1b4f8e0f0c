import { throwIfAborted } from '../core/error.ts'
import { join, type VfsPath } from '../core/path.ts'
import type { Changes } from './change.ts'
import { group, type TakeBack } from './group.ts'
import { forEachOf } from './pool.ts'
import type { Cause } from './step.ts'
import type { Target } from './target.ts'
import type { Changed } from './types.ts'

const AT_ONCE = 8 // files in flight

/** True if one change can take a whole folder: into the trash in one step, or for good where nothing is kept. */
export const takesWhole = ({ mount }: Target): boolean => mount.backend.capabilities.tree_atomic || mount.versions === 'off'

/**
 * Removes a folder of a storage that cannot take it as one (journal.md, 14): its files, then its folders from the inside, as
 * parts of one change. Memory grows with the number of folders, not of files.
 */
export async function removeTree(changes: Changes, takeBack: TakeBack, target: Target, cause: Cause): Promise<Changed> {
  const change = await group(changes, takeBack, { kind: 'remove', target, cause }, async (inside, id) => {
    const folders: Target[] = [target]
    await forEachOf(filesBelow(target, folders, cause.signal), AT_ONCE, async (file) => void (await changes.remove(file, inside, {})))
    for (const folder of folders.toReversed()) await changes.remove(folder, inside, {})
    return id
  })
  return { change, stat: null, cas: target.mount.backend.capabilities.cas, bytes: 0 }
}

/** Folders are put into the list as they are met, each after the one that holds it. */
async function* filesBelow(folder: Target, folders: Target[], signal: AbortSignal | undefined): AsyncGenerator<Target> {
  for await (const { name, kind } of folder.mount.backend.list(folder.inner, { signal })) {
    throwIfAborted(signal, 'remove')
    const child = await below(folder, name, signal)
    if (kind !== 'directory') yield child
    else {
      folders.push(child)
      yield* filesBelow(child, folders, signal)
    }
  }
}

async function below({ mount, inner, place }: Target, name: string, signal: AbortSignal | undefined): Promise<Target> {
  const path: VfsPath = join(inner, name)
  return {
    mount,
    inner: path,
    place: { volume: place.volume, inner: await mount.backend.locate(path, { signal, itself: true }), shown: join(place.shown, name) },
  }
}

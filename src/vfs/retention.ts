import type { Call } from '../core/backend.ts'
import { isCode, throwIfAborted } from '../core/error.ts'
import type { ChangeId, Journal, Unwanted, Volumes } from '../journal/types.ts'
import { forEachOf } from './pool.ts'

const AT_ONCE = 8

export interface LettingGo extends Call {
  /** What older changes replaced or removed goes too, and they can be taken back no longer. */
  readonly before?: Date | undefined
  /** Finds out what there is, and changes nothing. */
  readonly dryRun?: boolean | undefined
}

/** What was kept and is no longer. */
export interface LetGo {
  readonly changes: number
  /** Of files; what lay in removed folders is not counted. */
  readonly bytes: number
  /** Changes whose storage is not mounted here or does not answer: what is kept for them stays. */
  readonly unreachable: number
}

/**
 * Ends what is kept and nobody will ask for (see Journal.unwanted): in the trash of the storages first, and only then the journal
 * stops naming it, so that what dies in between is done again by the next one. An undo that meets it finds nothing, and changes nothing.
 */
export async function letGo(journal: Journal, volumes: Volumes, { before, dryRun = false, signal }: LettingGo): Promise<LetGo> {
  let [changes, bytes, unreachable] = [0, 0, 0]
  for (const page of journal.unwanted(before)) {
    const gone: ChangeId[] = []
    await forEachOf(page, AT_ONCE, async (each) => {
      throwIfAborted(signal)
      if (each.in === 'trash' && !(await dropped(each, volumes, { dryRun, signal }))) return
      gone.push(each.change)
      bytes += each.size
    })
    changes += gone.length
    unreachable += page.length - gone.length
    if (!dryRun) await journal.letGo(gone)
  }
  return { changes, bytes, unreachable }
}

async function dropped({ change, volume, inner }: Unwanted, volumes: Volumes, { dryRun, signal }: LettingGo): Promise<boolean> {
  const trash = volumes.resolve(volume, inner)?.backend.trash
  if (!trash) return false
  try {
    if (!dryRun) await trash.drop(change, { signal })
    return true
  } catch (error) {
    if (isCode(error, 'CANCELLED')) throw error
    return false
  }
}

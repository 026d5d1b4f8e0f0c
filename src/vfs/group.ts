import type { Place, Intent } from '../journal/types.ts'
import { VfsError } from '../core/error.ts'
import type { Changes } from './change.ts'
import type { Cause } from './step.ts'
import type { Target } from './target.ts'

/** Takes the parts of a change back; false if one of them could not be, and then it says which in the reason. */
export type TakeBack = (change: string, cause: Cause) => Promise<{ readonly complete: boolean; readonly reason: string }>

/**
 * A change of several parts under one id: all of it, or none. Where a part can't be taken back the change ends `partial`
 * and says so; a crash in the middle is settled the same way by whoever meets it.
 */
export async function group<T>(
  changes: Changes,
  takeBack: TakeBack,
  spec: Pick<Intent, 'kind'> & { readonly target: Target; readonly from?: Place; readonly cause: Cause },
  work: (cause: Cause, change: string) => Promise<T>,
): Promise<T> {
  const { kind, target, from, cause } = spec
  const change = await changes.journal.begin(
    { kind, place: target.place, from, actor: cause.actor, parent: cause.parent, undoes: cause.undoes, partsOnly: true, before: null },
    { signal: cause.signal },
  )
  try {
    const result = await work({ ...cause, parent: change.id }, change.id)
    change.done(null)
    return result
  } catch (error) {
    const { complete, reason } = await takeBack(change.id, { actor: cause.actor, parent: change.id })
    if (complete) {
      await change.aborted()
      throw error
    }
    await change.partial(reason)
    throw new VfsError('PARTIAL', `${kind} of ${target.place.shown} stopped half way (change ${change.id}): ${reason}`, {
      op: kind,
      path: target.place.shown,
      cause: error,
      details: { change: change.id },
    })
  }
}

import type { ChangeId, Intent, OpenChange, Place } from '../journal/types.ts'
import { VfsError } from '../core/error.ts'
import type { Changes } from './change.ts'
import type { Cause } from './step.ts'
import type { Target } from './target.ts'

/** Takes the parts of a change back; false if one of them could not be, and then it says which in the reason. */
export type TakeBack = (change: string, cause: Cause) => Promise<{ readonly complete: boolean; readonly reason: string }>

/** Takes one finished change back, also while what it is a part of goes on. */
export type TakeBackOne = (change: ChangeId, cause: Cause) => Promise<void>

type Spec = Pick<Intent, 'kind' | 'holds'> & { readonly target: Target; readonly from?: Place; readonly cause: Cause }
type Work<T> = (cause: Cause, change: string) => Promise<T>

/**
 * A change of several parts under one id: all of it, or none. Where a part can't be taken back the change ends `partial`
 * and says so; a crash in the middle is settled the same way by whoever meets it. While it is not known of a part whether it
 * took place nothing is taken back: of a move the only copy could go.
 */
export async function group<T>(changes: Changes, takeBack: TakeBack, spec: Spec, work: Work<T>): Promise<T> {
  const { kind, target, cause } = spec
  const change = await begin(changes, spec)
  try {
    const result = await work({ ...cause, parent: change.id }, change.id)
    change.done(null)
    return result
  } catch (error) {
    if (changes.journal.parts(change.id).some(({ state }) => state === 'in_doubt')) {
      await change.inDoubt('it is not known of a part of it whether that took place')
      throw error
    }
    await change.aborting().catch(() => undefined) // the taking back itself tells what stands in its way
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

/** A change of parts of which each is worth something by itself: what is done stays, and each locks its own place only. `left` says what is not, if it ends without all. */
export async function gather<T>(changes: Changes, spec: Spec, left: () => string | undefined, work: Work<T>): Promise<T> {
  const change = await begin(changes, { ...spec, holds: null })
  const end = async (reason: string | undefined): Promise<void> => (reason === undefined ? change.done(null) : change.partial(reason))
  try {
    const result = await work({ ...spec.cause, parent: change.id }, change.id)
    await end(left())
    return result
  } catch (error) {
    await end(`it was stopped: ${error instanceof VfsError ? error.message : 'it failed'}`)
    throw error
  }
}

const begin = ({ journal }: Changes, { kind, holds, target, from, cause }: Spec): Promise<OpenChange> =>
  journal.begin(
    { kind, place: target.place, holds, from, actor: cause.actor, parent: cause.parent, undoes: cause.undoes, partsOnly: true, before: null },
    { signal: cause.signal },
  )

import type { Actor } from '../core/actor.ts'
import type { Stat } from '../core/backend.ts'
import { afterwards } from '../core/effect.ts'
import { isCode } from '../core/error.ts'
import type { EventBus } from '../core/events.ts'
import type { ChangeId, Intent, Journal, OpenChange } from '../journal/types.ts'
import type { SessionReads } from './reads.ts'
import { snapshot, statOrNull, type Target } from './target.ts'
import type { Changed } from './types.ts'

/** Whose change it is, and what larger one it belongs to. */
export interface Cause {
  readonly actor: Actor
  readonly signal?: AbortSignal | undefined
  readonly parent?: ChangeId | undefined
  readonly undoes?: ChangeId | undefined
}

export interface NewFolder {
  /** Missing folders above it, which the change makes too. */
  readonly parents?: readonly Target[] | undefined
  readonly mode?: number | undefined
}

export interface Effect {
  /** What stands there now. */
  readonly stat: Stat | null
  /** Content bytes that were written. */
  readonly bytes: number
}

export type Facts = Omit<Intent, 'kind' | 'place' | 'actor' | 'parent' | 'undoes'> & {
  /** Folders to make on the way, the outermost first. */
  readonly parents?: readonly Target[] | undefined
}

/** One journaled step: durable intent, effect, commit (journal.md, 7). A step that fails leaves everything as it was. */
export class Steps {
  readonly journal: Journal
  readonly #events: EventBus
  readonly #reads: SessionReads

  constructor(journal: Journal, events: EventBus, reads: SessionReads) {
    this.journal = journal
    this.#events = events
    this.#reads = reads
  }

  async run(
    kind: Intent['kind'],
    target: Target,
    cause: Cause,
    { parents = [], ...facts }: Facts,
    effect: (change: OpenChange) => Promise<Effect>,
  ): Promise<Changed> {
    const { actor, parent, undoes, signal } = cause
    const change = await this.journal.begin({ kind, place: target.place, holds: parents[0]?.place.inner, actor, parent, undoes, ...facts }, { signal })
    const made: Target[] = []
    try {
      for (const folder of parents) if (await this.#makeParent(folder, { actor, signal, parent: change.id })) made.unshift(folder)
      const { stat, bytes } = await effect(change)
      change.done(stat && snapshot(stat))
      if (stat) this.#reads.changed(actor, target.place, stat.etag)
      this.#events.emit('changed', { path: target.place.shown, change: change.id, op: kind })
      if (kind === 'move' && facts.from) this.#events.emit('changed', { path: facts.from.shown, change: change.id, op: kind })
      return { change: change.id, stat, cas: target.mount.backend.capabilities.cas, bytes }
    } catch (error) {
      for (const folder of made) await removeIfEmpty(folder)
      await failed(change, error, () => this.#dropKept(kind, target, change.id))
      throw error
    }
  }

  /** What was kept of a content that still stands. A removal that failed has brought back by itself what it took. */
  async #dropKept(kind: Intent['kind'], { mount }: Target, id: ChangeId): Promise<void> {
    if (kind !== 'remove' && this.journal.get(id)?.kept?.in === 'trash') await mount.backend.trash?.drop(id)
  }

  async mkdir(target: Target, cause: Cause, { parents = [], mode }: NewFolder = {}): Promise<Changed> {
    return this.run('mkdir', target, cause, { before: null, parents }, async () => {
      await target.mount.backend.mkdir(target.inner, { mode, signal: cause.signal })
      return { stat: await afterwards(() => target.mount.backend.stat(target.inner), { path: target.place.shown }), bytes: 0 }
    })
  }

  /** False if somebody else made it meanwhile. */
  async #makeParent(folder: Target, cause: Cause): Promise<boolean> {
    if (await statOrNull(folder, cause.signal)) return false
    await this.mkdir(folder, cause)
    return true
  }
}

async function failed(change: OpenChange, error: unknown, dropKept: () => Promise<void>): Promise<void> {
  if (isCode(error, 'OUTCOME_UNKNOWN')) return change.inDoubt(error.message)
  if (isCode(error, 'PARTIAL')) return change.partial(error.message)
  try {
    await dropKept()
  } catch {
    return change.inDoubt('what was kept for it could not be let go') // which is left to recovery
  }
  return change.aborted()
}

async function removeIfEmpty({ mount, inner }: Target): Promise<void> {
  try {
    await mount.backend.remove(inner)
  } catch (error) {
    if (!isCode(error, 'NOT_EMPTY', 'NOT_FOUND', 'NOT_DIRECTORY')) throw error
  }
}

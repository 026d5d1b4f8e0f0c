import { VfsError } from '../../core/error.ts'
import { within, type VfsPath } from '../../core/path.ts'
import type { ChangeId, ChangeRecord } from '../../journal/types.ts'
import type { Changes } from '../change.ts'
import { Folders } from '../folders.ts'
import { group } from '../group.ts'
import type { Cause } from '../step.ts'
import type { Target, Targets } from '../target.ts'
import type { UndoCall, Undone, UndoQuery } from '../types.ts'
import type { Versions } from '../versions.ts'
import { Inverses, removing } from './inverses.ts'
import { Plans, type Plan } from './plan.ts'
import { Served } from './served.ts'

/** Takes changes back: a plan of the whole set first, then the opposite of each in one change of its own. */
export class Undo {
  readonly takeBack: Inverses['takeBack']
  readonly takeBackOne: Inverses['takeBackOne']
  readonly #served: Served
  readonly #changes: Changes
  readonly #plans: Plans
  readonly #inverses: Inverses

  constructor(targets: Targets, changes: Changes, versions: Versions) {
    this.#served = new Served(targets)
    this.#changes = changes
    this.#plans = new Plans(this.#served, changes.journal, versions)
    this.#inverses = new Inverses(this.#served, changes, versions, new Folders(targets))
    this.takeBack = this.#inverses.takeBack
    this.takeBackOne = this.#inverses.takeBackOne
  }

  /** If one of the set has a conflict, nothing is changed. */
  async undo(query: UndoQuery, call: UndoCall): Promise<Undone> {
    const { journal } = this.#changes
    await journal.caughtUp()
    const plan = await this.#plans.plan(query, call)
    const { changes, conflicts } = plan
    if (conflicts.length > 0) return { change: null, undone: [], conflicts }
    const undone = changes.map((record) => ({ change: record.change, path: this.#served.name(record.place), action: actionOf(record) }))
    return { change: query.dryRun ? null : await this.#takeBackAll(plan, call), undone, conflicts }
  }

  async #takeBackAll({ changes: records, below }: Plan, call: UndoCall): Promise<ChangeId | null> {
    const [first] = records
    if (first === undefined) return null
    const { actor, signal } = call
    const target = await (first.partsOnly ? this.#served.container(first.place, signal) : this.#served.target(first.place, signal))
    const holds = placeOf(target, below)?.inner // nobody is to come in between
    const cause = { actor, signal, undoes: records.length === 1 ? first.change : undefined }
    return group(this.#changes, this.takeBack, { kind: 'undo', target, holds, cause }, async (inside, id) => {
      await this.#requireNotUndone(records)
      const work = (): Promise<void> => this.#inverseOfAll(records, inside, call)
      await (records.length === 1 && first.kind === 'mkdir' ? removing(target, signal, work) : work())
      return id
    })
  }

  async #inverseOfAll(records: readonly ChangeRecord[], cause: Cause, { onProgress }: UndoCall): Promise<void> {
    let done = 0
    const told = (): void => onProgress?.(++done)
    for (const record of records) if (await this.#inverses.stands(record)) await this.#inverses.of(record, { ...cause, undoes: record.change }, told)
  }

  /** Somebody else may have done it while this waited for its turn. */
  async #requireNotUndone(records: readonly ChangeRecord[]): Promise<void> {
    const { journal } = this.#changes
    await journal.caughtUp()
    for (const { change, undoneBy } of records) {
      const by = journal.get(change)?.undoneBy ?? null
      if (by !== null && by !== undoneBy)
        throw new VfsError('ALREADY_UNDONE', `change ${change} was undone meanwhile, by ${by}`, { op: 'undo', details: { change } })
    }
  }
}

/** The place that holds it, or else one of its volume. */
function placeOf({ place }: Target, places: Plan['below']): Plan['below'][number] | undefined {
  const near = places.filter(({ volume }) => volume === place.volume)
  return near.find(({ inner }) => within(inner as VfsPath, place.inner as VfsPath)) ?? near[0]
}

const actionOf = (record: ChangeRecord): string => (record.kind === 'write' && record.before === null ? 'removed the new file' : ACTIONS[record.kind])

const ACTIONS: Record<ChangeRecord['kind'], string> = {
  write: 'put back the content',
  mkdir: 'removed the folder if it is empty',
  remove: 'brought back',
  move: 'moved back',
  copy: 'removed the copy',
  mirror: 'put back all that it changed',
  undo: 'made the change again',
}

import type { Call } from '../../core/backend.ts'
import { VfsError } from '../../core/error.ts'
import { within, type VfsPath } from '../../core/path.ts'
import { unhurried } from '../../core/unhurried.ts'
import type { ChangeRecord, Journal, Place } from '../../journal/types.ts'
import { planUndo, type UndoScope } from '../../journal/undo.ts'
import { orNull, type Target } from '../target.ts'
import type { UndoCall, Undone, UndoQuery, VfsCall } from '../types.ts'
import type { Versions } from '../versions.ts'
import type { Served } from './served.ts'

type Conflict = Undone['conflicts'][number]

const LOOKED_AT = 1000 // changes

/** What to take back, and what stands in its way. */
export interface Plan {
  /** The newest first. */
  readonly changes: readonly ChangeRecord[]
  /** If there is one, nothing may be taken back. */
  readonly conflicts: readonly Conflict[]
  /** All of it lies at or below these; of an undo by path. */
  readonly below: readonly Pick<Place, 'volume' | 'inner'>[]
}

/** Finds out what an undo would do, by the journal and by a look at the storages. It changes nothing. */
export class Plans {
  readonly #served: Served
  readonly #journal: Journal
  readonly #versions: Versions

  constructor(served: Served, journal: Journal, versions: Versions) {
    this.#served = served
    this.#journal = journal
    this.#versions = versions
  }

  async plan(query: UndoQuery, call: UndoCall): Promise<Plan> {
    const scope = await this.#scope(query, call)
    await this.#lookAgain(scope)
    const { changes, conflicts } = await planUndo(this.#journal, scope, call)
    for (const record of changes) await this.#requireAllShown(record, call)
    return {
      changes,
      conflicts:
        conflicts.length > 0
          ? conflicts.map(({ change, place, reason }) => ({ change, path: this.#served.name(place), reason }))
          : await this.#problems(changes, call.signal),
      below: 'places' in scope ? scope.places : [],
    }
  }

  /** By now the storage may tell how a change in doubt has ended. */
  async #lookAgain(scope: UndoScope): Promise<void> {
    const inDoubt = 'change' in scope ? [scope] : this.#inDoubt(scope)
    if (inDoubt.length > 0) await this.#journal.recover(inDoubt.map(({ change }) => change))
  }

  #inDoubt(scope: Exclude<UndoScope, { readonly change: string }>): ChangeRecord[] {
    const queries = 'session' in scope ? [scope] : scope.places.map((place) => ({ place, since: scope.since }))
    return queries.flatMap((query) => this.#journal.history({ ...query, states: ['in_doubt'], parts: true, limit: LOOKED_AT }))
  }

  async #scope(query: UndoQuery, call: VfsCall): Promise<UndoScope> {
    if (query.change !== undefined) return { change: query.change }
    if (query.session !== undefined) return { session: query.session === 'current' ? sessionOf(call) : this.#known(query.session, call) }
    if (query.path === undefined || query.since === undefined)
      throw new VfsError('INVALID_ARGUMENT', 'undo needs change, session, or path with since', { op: 'undo' })
    const places = await this.#versions.places('undo', query.path, { ...call, mounts: ({ readOnly }) => !readOnly })
    return { places, since: query.since, leavesOut: (change) => placesOf(change).every((at) => this.#served.isHidden(at)) }
  }

  /** One's own may have changed nothing yet. */
  #known(session: string, { actor }: VfsCall): string {
    if (session === actor.session || this.#journal.history({ session, parts: true, limit: 1 }).length > 0) return session
    throw new VfsError('NO_SESSION', `the journal has no change of a session ${JSON.stringify(session)}`, { op: 'undo' })
  }

  async #requireAllShown(record: ChangeRecord, call: VfsCall): Promise<void> {
    this.#requireShown(record)
    for await (const part of unhurried(this.#journal.below(record.change), call)) this.#requireShown(part)
  }

  /** Journals are shared: the ids of changes that are none of this gateway's business tell no path. */
  #requireShown(record: ChangeRecord): void {
    const { change } = record
    for (const at of placesOf(record)) {
      if (this.#served.isShown(at)) continue
      if (this.#served.isHidden(at)) throw hidden(change)
      throw new VfsError('VOLUME_CHANGED', `the storage of change ${change} is not mounted now`, { op: 'undo', details: { change } })
    }
  }

  async #problems(records: readonly ChangeRecord[], signal: AbortSignal | undefined): Promise<Conflict[]> {
    const problems: Conflict[] = []
    for (const [i, record] of records.entries()) {
      const covered = this.#isCovered(record, records.slice(0, i))
      const reason = await this.#problem(record, covered, signal)
      if (reason !== undefined) problems.push({ change: record.change, path: this.#served.name(record.place), reason })
    }
    return problems
  }

  /** Whether one of these, or a part of one, has to do with the same path. */
  #isCovered(record: ChangeRecord, newer: readonly ChangeRecord[]): boolean {
    if (newer.some((one) => touches(one, record))) return true
    const wholes = new Set(newer.filter(({ partsOnly }) => partsOnly).map(({ change }) => change))
    if (wholes.size === 0) return false
    const isPart = ({ parent }: ChangeRecord): boolean => {
      const whole = parent === null ? undefined : this.#journal.get(parent)
      return whole !== undefined && (wholes.has(whole.change) || isPart(whole))
    }
    const since = { after: record.seq, parts: true, states: ['done'], limit: LOOKED_AT } as const
    return placesOf(record).some((place) => this.#journal.history({ place, ...since }).some(isPart))
  }

  /** Why a change cannot be taken back now, by a look at the storage at what it stands by; undefined if it can. `covered`: a newer one of the set is taken back first. */
  async #problem(record: ChangeRecord, covered: boolean, signal: AbortSignal | undefined): Promise<string | undefined> {
    if (record.partsOnly) return undefined // its parts are looked at by the plan, and checked as they are taken back
    if (record.undoneBy !== null) return undefined // what it left stands only when its turn comes
    try {
      const standing = this.#journal.standsBy(record.change) ?? record
      const target = await this.#served.target(standing.place, signal)
      if (standing.before !== null) await this.#versions.taken(standing)
      return covered ? undefined : await this.#moved(standing, target, { mayBeGone: record.kind === 'mkdir', signal })
    } catch (error) {
      if (error instanceof VfsError && error.code !== 'VOLUME_CHANGED') return error.message
      throw error
    }
  }

  /** In what way the path is not as the change left it. */
  async #moved(record: ChangeRecord, target: Target, { mayBeGone, signal }: Call & { readonly mayBeGone: boolean }): Promise<string | undefined> {
    const standing = await orNull(() => target.mount.backend.stat(target.inner, { signal, fresh: true })) // who else has changed it need not be of this process
    if (record.after === null) return standing === null ? undefined : 'something else stands there now'
    if (standing === null) return mayBeGone ? undefined : 'it is not there any more'
    if (standing.kind !== 'file' && !isGraft(record)) return undefined
    return (await this.#versions.standing(target, record, record.after, { signal })) === undefined ? 'its content has changed since' : undefined
  }
}

function sessionOf({ actor }: VfsCall): string {
  if (actor.session === undefined) throw new VfsError('NO_SESSION', 'this call belongs to no session, so there is no current one to undo', { op: 'undo' })
  return actor.session
}

const hidden = (change: string): VfsError =>
  new VfsError('DENIED', `change ${change} is of a path that a rule of the configuration hides`, {
    op: 'undo',
    hint: 'Undo other changes one by one: vfs_history shows them.',
    details: { change },
  })

/** A folder that was put as a whole says by its CID what lies below. */
const isGraft = ({ kind, after }: ChangeRecord): boolean => (kind === 'write' || kind === 'copy') && after?.cid !== undefined

/** True if the two are about the same path, or one about a folder that holds the other's. */
function touches(a: ChangeRecord, b: ChangeRecord): boolean {
  return placesOf(a).some((one) => placesOf(b).some((two) => one.volume === two.volume && (inside(one, two) || inside(two, one))))
}

const placesOf = ({ place, from }: ChangeRecord): Place[] => (from ? [place, from] : [place])

const inside = (folder: Place, place: Place): boolean => within(folder.inner as VfsPath, place.inner as VfsPath)

import { VfsError } from '../core/error.ts'
import { within, type VfsPath } from '../core/path.ts'
import { unhurried } from '../core/unhurried.ts'
import type { ChangeId, ChangeRecord, Place, Snapshot } from '../journal/types.ts'
import { planUndo } from '../journal/undo.ts'
import type { Changes } from './change.ts'
import type { Cause } from './step.ts'
import { group } from './group.ts'
import { statOrNull, type Target, type Targets } from './target.ts'
import type { UndoCall, Undone, UndoQuery, VfsCall } from './types.ts'
import type { Versions } from './versions.ts'

const NAMED = 20 // parts that a reason names; the rest is a count

/** What is to be replaced by what stood there before. */
interface Standing {
  readonly target: Target
  readonly etag: string
  readonly ifMatch: string | undefined
}

/** Takes changes back, by the same journaled changes that everything else uses (journal.md, 17). */
export class Undo {
  readonly #targets: Targets
  readonly #changes: Changes
  readonly #versions: Versions

  constructor(targets: Targets, changes: Changes, versions: Versions) {
    this.#targets = targets
    this.#changes = changes
    this.#versions = versions
  }

  /** Looks at the whole set first; if one of it has a conflict, nothing is changed. */
  async undo(query: UndoQuery, call: UndoCall): Promise<Undone> {
    const { journal } = this.#changes
    await journal.caughtUp()
    if (journal.history({ states: ['in_doubt'], limit: 1 }).length > 0) await journal.recover() // by now a look may tell
    const scope = await this.#scope(query, call)
    const plan = await planUndo(journal, scope, call)
    for (const record of plan.changes) await this.#requireAllShown(record, call)
    const conflicts = plan.conflicts.map(({ change, place, reason }) => ({ change, path: this.#shownNow(place), reason }))
    if (conflicts.length === 0) for (const problem of await this.#problems(plan.changes, call.signal)) conflicts.push(problem)
    const undone = plan.changes.map((record) => ({ change: record.change, path: this.#shownNow(record.place), action: actionOf(record) }))
    if (query.dryRun || conflicts.length > 0 || plan.changes.length === 0) return { change: null, undone: conflicts.length > 0 ? [] : undone, conflicts }
    return { change: await this.#takeBackAll(plan.changes, call, 'place' in scope ? scope.place : undefined), undone, conflicts }
  }

  /** Takes back the finished parts of a change that failed, the newest first. */
  readonly takeBack = async (change: ChangeId, cause: Cause): Promise<{ readonly complete: boolean; readonly reason: string }> => {
    const failed: string[] = []
    let more = 0
    await this.#changes.journal.caughtUp()
    for (const part of this.#changes.journal.parts(change, { newestFirst: true })) {
      if (part.state !== 'done' || part.undoneBy !== null || this.#takesBack(part, change)) continue
      try {
        await this.#inverse(part, { ...cause, undoes: part.change })
      } catch (error) {
        if (failed.length < NAMED) failed.push(`${part.place.shown}: ${error instanceof VfsError ? error.message : 'failed'}`)
        else more++
      }
    }
    return { complete: failed.length === 0, reason: [...failed, ...(more > 0 ? [`and ${more} more`] : [])].join('; ') }
  }

  /** True for a part that is there to take back another part of the same change. */
  #takesBack({ undoes }: ChangeRecord, whole: ChangeId): boolean {
    return undoes !== null && this.#changes.journal.get(undoes)?.parent === whole
  }

  readonly takeBackOne = async (change: ChangeId, cause: Cause): Promise<void> => {
    await this.#changes.journal.caughtUp()
    const record = this.#changes.journal.get(change)
    if (record) await this.#inverse(record, { ...cause, undoes: change })
  }

  async #scope(query: UndoQuery, call: VfsCall): Promise<Parameters<typeof planUndo>[1]> {
    if (query.change !== undefined) return { change: query.change }
    if (query.session !== undefined) return { session: query.session === 'current' ? sessionOf(call) : this.#known(query.session, call) }
    if (query.path === undefined || query.since === undefined)
      throw new VfsError('INVALID_ARGUMENT', 'undo needs change, session, or path with since', { op: 'undo' })
    const { mount, inner } = await this.#targets.readable('undo', query.path, call.signal)
    const place = { volume: mount.backend.volume, inner: await mount.backend.locate(inner, call) }
    return { place, since: query.since, leavesOut: (change) => placesOf(change).every((at) => this.#isHidden(at)) }
  }

  /** One's own may have changed nothing yet. */
  #known(session: string, { actor }: VfsCall): string {
    if (session === actor.session || this.#changes.journal.history({ session, parts: true, limit: 1 }).length > 0) return session
    throw new VfsError('NO_SESSION', `the journal has no change of a session ${JSON.stringify(session)}`, { op: 'undo' })
  }

  async #requireAllShown(record: ChangeRecord, call: VfsCall): Promise<void> {
    this.#requireShown(record)
    for await (const part of unhurried(this.#changes.journal.below(record.change), call)) this.#requireShown(part)
  }

  /** Journals are shared: the ids of changes that are none of this gateway's business tell no path. */
  #requireShown(record: ChangeRecord): void {
    const { change } = record
    for (const at of placesOf(record)) {
      if (this.#targets.shown(at) !== undefined) continue
      if (this.#isHidden(at)) throw hidden(change)
      throw new VfsError('VOLUME_CHANGED', `the storage of change ${change} is not mounted now`, { op: 'undo', details: { change } })
    }
  }

  /** By the name of here, not that of the gateway that has changed it. */
  #shownNow(place: Place): VfsPath {
    return this.#targets.shown(place) ?? place.shown
  }

  #isHidden(at: Place): boolean {
    return this.#targets.shown(at) === undefined && this.#targets.table.showing(at.volume, at.inner).length > 0
  }

  async #takeBackAll(records: readonly ChangeRecord[], call: UndoCall, below: Pick<Place, 'volume' | 'inner'> | undefined): Promise<ChangeId> {
    const [first] = records
    if (first === undefined) throw new VfsError('INTERNAL', 'an undo of nothing')
    const target = first.partsOnly ? await this.#container(first.place, call.signal) : await this.#target(first.place, call.signal)
    const holds = below?.volume === target.place.volume ? below.inner : undefined // nobody is to come in between
    const spec = {
      kind: 'undo' as const,
      target,
      holds,
      cause: { actor: call.actor, signal: call.signal, undoes: records.length === 1 ? first.change : undefined },
    }
    return group(this.#changes, this.takeBack, spec, async (cause, id) => {
      await this.#requireNotUndone(records)
      const work = (): Promise<void> => this.#inverseOfAll(records, cause, call)
      await (records.length === 1 && first.kind === 'mkdir' ? removing(target, cause.signal, work) : work())
      return id
    })
  }

  async #inverseOfAll(records: readonly ChangeRecord[], cause: Cause, { onProgress }: UndoCall): Promise<void> {
    let done = 0
    const told = (): void => onProgress?.(++done)
    for (const record of records) await this.#inverse(record, { ...cause, undoes: record.change }, told)
  }

  /** Somebody else may have done it while this waited for its turn. */
  async #requireNotUndone(records: readonly ChangeRecord[]): Promise<void> {
    const { journal } = this.#changes
    await journal.caughtUp()
    for (const { change } of records) {
      const by = journal.get(change)?.undoneBy ?? null
      if (by !== null) throw new VfsError('ALREADY_UNDONE', `change ${change} was undone meanwhile, by ${by}`, { op: 'undo', details: { change } })
    }
  }

  async #problems(records: readonly ChangeRecord[], signal: AbortSignal | undefined): Promise<Undone['conflicts']> {
    const problems: { change: ChangeId; path: VfsPath; reason: string }[] = []
    for (const [i, record] of records.entries()) {
      const covered = records.slice(0, i).some((newer) => touches(newer, record))
      const reason = await this.#problem(record, covered, signal)
      if (reason !== undefined) problems.push({ change: record.change, path: this.#shownNow(record.place), reason })
    }
    return problems
  }

  /** Why a change cannot be taken back now, by a look at the storage; undefined if it can. `covered`: a newer one of the set is taken back first. */
  async #problem(record: ChangeRecord, covered: boolean, signal: AbortSignal | undefined): Promise<string | undefined> {
    if (record.partsOnly) return undefined // its parts are looked at by the plan, and checked as they are taken back
    try {
      const target = await this.#target(record.place, signal)
      if (record.before !== null) await this.#versions.taken(record)
      return covered ? undefined : await this.#moved(record, target, signal)
    } catch (error) {
      if (error instanceof VfsError && error.code !== 'VOLUME_CHANGED') return error.message
      throw error
    }
  }

  /** In what way the path is not as the change left it. */
  async #moved(record: ChangeRecord, target: Target, signal: AbortSignal | undefined): Promise<string | undefined> {
    const standing = await statOrNull(target, signal)
    if (record.after === null) return standing === null ? undefined : 'something else stands there now'
    if (standing === null) return record.kind === 'mkdir' ? undefined : 'it is not there any more'
    if (standing.kind !== 'file' && !isGraft(record)) return undefined
    return (await this.#versions.standing(target, record, record.after, signal)) === undefined ? 'its content has changed since' : undefined
  }

  /** Its own effect first, then the parts on which it stood: the folders that were made for it. */
  async #inverse(record: ChangeRecord, cause: Cause, told?: () => void): Promise<void> {
    if (!record.partsOnly) await this.#inverseOfEffect(record, cause).then(told)
    for (const part of this.#changes.journal.parts(record.change, { newestFirst: true }))
      if (part.state === 'done' && part.undoneBy === null) await this.#inverse(part, { ...cause, undoes: part.change }, told)
  }

  async #inverseOfEffect(record: ChangeRecord, cause: Cause): Promise<void> {
    const target = await this.#target(record.place, cause.signal)
    if (record.after === null) return void (await this.#changes.bringBack(target, record.change, cause))
    if (record.from && record.kind === 'move') return void (await this.#changes.rename(target, await this.#target(record.from, cause.signal), cause))
    if (record.kind === 'mkdir') return this.#removeEmpty(target, cause)
    const etag = (await this.#versions.standing(target, record, record.after, cause.signal)) ?? record.after.etag
    const ifMatch = record.after.kind === 'file' ? etag : undefined
    if (record.before === null) return void (await this.#changes.remove(target, cause, { ifMatch }))
    await this.#putBack(record, record.before, { target, etag, ifMatch }, cause)
  }

  /** By its CID where the storage has it still, else by its content. */
  async #putBack(record: ChangeRecord, before: Snapshot, { target, etag, ifMatch }: Standing, cause: Cause): Promise<void> {
    const kept = await this.#versions.taken(record)
    const { by_cid, content_addressed } = target.mount.backend.capabilities
    const isThere = content_addressed || record.kept?.in === 'trash' || before.kind === 'directory'
    if (by_cid && kept.cid !== null && isThere) return void (await this.#changes.graft(target, kept.cid, cause, { ifMatch: etag }))
    const { metadata, headers } = kept
    const source = kept.read({ reuse: target.mount.backend.usesUp })
    await this.#changes.write(target, source, cause, { ifMatch, mode: before.mode, metadata, headers })
  }

  /** A folder that holds something by now stays. */
  async #removeEmpty(target: Target, cause: Cause): Promise<void> {
    if ((await isGone(target, cause.signal)) || !(await isEmpty(target, cause.signal))) return
    await this.#changes.remove(target, cause, {}, async () => {
      if (!(await isEmpty(target, cause.signal))) throw inUse(target)
    })
  }

  /** Where a place of the journal is served now, by the rules of today. */
  async #target(place: Place, signal: AbortSignal | undefined): Promise<Target> {
    return this.#targets.named('undo', this.#served(place), signal)
  }

  /** The same for a change of parts, which can be of a whole mount. */
  async #container(place: Place, signal: AbortSignal | undefined): Promise<Target> {
    return this.#targets.container('undo', this.#served(place), { signal, itself: true })
  }

  #served(place: Place): VfsPath {
    const served = this.#targets.table.showing(place.volume, place.inner)
    const shown = served.find(({ mount }) => mount.versions === 'on') ?? served[0] // what an undo replaces is kept if that can be
    if (!shown) throw new VfsError('VOLUME_CHANGED', 'the storage of what was changed is not mounted now', { op: 'undo' })
    return shown.path
  }
}

const hidden = (change: ChangeId): VfsError =>
  new VfsError('DENIED', `change ${change} is of a path that a rule of the configuration hides`, {
    op: 'undo',
    hint: 'Undo other changes one by one: vfs_history shows them.',
    details: { change },
  })

/** A folder that was put as a whole says by its CID what lies below. */
const isGraft = ({ kind, after }: ChangeRecord): boolean => (kind === 'write' || kind === 'copy') && after?.cid !== undefined

const isGone = async (target: Target, signal: AbortSignal | undefined): Promise<boolean> => (await statOrNull(target, signal)) === null

/** Alone the making of a folder is undone by its removal, or not at all; among others it may stay, or be gone already. */
async function removing(target: Target, signal: AbortSignal | undefined, work: () => Promise<void>): Promise<void> {
  const { shown: path } = target.place
  if (await isGone(target, signal)) throw new VfsError('CONFLICT', `${path} is not there any more`, { op: 'undo', path })
  await work()
  if (!(await isGone(target, signal))) throw inUse(target)
}

const inUse = ({ place: { shown: path } }: Target): VfsError =>
  new VfsError('NOT_EMPTY', `${path} holds something by now`, { op: 'undo', path, hint: 'Undo or remove what it holds first.' })

async function isEmpty({ mount, inner }: Target, signal: AbortSignal | undefined): Promise<boolean> {
  let special = false
  for await (const _ of mount.backend.list(inner, { signal, onSpecial: () => (special = true) })) return false
  return !special
}

/** True if the two are about the same path, or one about a folder that holds the other's. */
function touches(a: ChangeRecord, b: ChangeRecord): boolean {
  return placesOf(a).some((one) => placesOf(b).some((two) => one.volume === two.volume && (inside(one, two) || inside(two, one))))
}

const placesOf = ({ place, from }: ChangeRecord): Place[] => (from ? [place, from] : [place])

const inside = (folder: Place, place: Place): boolean => within(folder.inner as VfsPath, place.inner as VfsPath)

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

function sessionOf({ actor }: VfsCall): string {
  if (actor.session === undefined) throw new VfsError('NO_SESSION', 'this call belongs to no session, so there is no current one to undo', { op: 'undo' })
  return actor.session
}

import { VfsError } from '../core/error.ts'
import { within, type VfsPath } from '../core/path.ts'
import type { Key } from './places.ts'
import type { ChangeId, ChangeRecord, HistoryQuery, Journal, Place } from './types.ts'

const PAGE = 500

/** What to take back: one change, all of a session, or everything at and below a place since a time. */
export type UndoScope = { readonly change: ChangeId } | { readonly session: string } | { readonly place: Key; readonly since: Date }

export interface UndoConflict {
  readonly change: ChangeId
  readonly place: Place
  readonly reason: string
}

export interface UndoPlan {
  /** To be taken back in this order, the newest first; of a change of parts, the parts that are done and not undone. */
  readonly changes: readonly ChangeRecord[]
  /** If there is one, nothing may be taken back. */
  readonly conflicts: readonly UndoConflict[]
}

type Reads = Pick<Journal, 'get' | 'parts' | 'history' | 'content'>

/**
 * Reads the journal only; whether the storages still hold what it says is for the caller to check. Throws
 * CHANGE_NOT_FOUND, ALREADY_UNDONE, BUSY and OUTCOME_UNKNOWN for a single change.
 */
export function planUndo(journal: Reads, scope: UndoScope): UndoPlan {
  const chosen = choose(journal, scope)
  const changes = withoutPairs(journal, chosen)
  const leaves = changes.flatMap((change) => leavesOf(journal, change))
  const ours = new Set(leaves.flatMap((leaf) => [leaf, ...everyPart(journal, leaf)]).map((each) => each.change))
  const conflicts = leaves.flatMap((leaf) => conflictOf(journal, leaf, ours) ?? [])
  return { changes, conflicts }
}

function choose(journal: Reads, scope: UndoScope): ChangeRecord[] {
  if ('change' in scope) return [single(journal, scope.change)]
  if ('session' in scope) return [...all(journal, { session: scope.session, states: ['done', 'partial'] })]
  const { place, since } = scope
  return [...all(journal, { place, since, states: ['done', 'partial'] })].flatMap((change) => inside(journal, change, place))
}

function single(journal: Reads, id: ChangeId): ChangeRecord {
  const change = journal.get(id)
  const context = { op: 'undo', details: { change: id } }
  if (!change) throw new VfsError('CHANGE_NOT_FOUND', `the journal has no change ${id}`, context)
  if (change.undoneBy !== null) throw new VfsError('ALREADY_UNDONE', `change ${id} was undone by ${change.undoneBy}`, context)
  if (change.state === 'aborted') throw new VfsError('ALREADY_UNDONE', `change ${id} did not take place, so there is nothing to undo`, context)
  if (change.state === 'open' || change.state === 'aborting') throw new VfsError('BUSY', `change ${id} is still running`, context)
  if (change.state === 'in_doubt') throw new VfsError('OUTCOME_UNKNOWN', `it is not known yet whether change ${id} took place`, context)
  return change
}

/** A change that reaches out of the place is taken back only in its parts inside; one of a folder above stays, and is in the way. */
function inside(journal: Reads, change: ChangeRecord, { volume, inner }: Key): ChangeRecord[] {
  const isIn = (place: Place | null): boolean => place !== null && place.volume === volume && within(inner as VfsPath, place.inner as VfsPath)
  const touchesIn = (leaf: ChangeRecord): boolean => isIn(leaf.place) || (leaf.kind === 'move' && isIn(leaf.from))
  const leaves = leavesOf(journal, change)
  const chosen = leaves.filter(touchesIn)
  return chosen.length === leaves.length ? [change] : chosen
}

/** Leaves out what is undone, and an undoing together with what it has undone. */
function withoutPairs(journal: Reads, chosen: readonly ChangeRecord[]): ChangeRecord[] {
  const known = new Set(chosen.flatMap((change) => [change, ...everyPart(journal, change)]).map((change) => change.change))
  const stays = (leaf: ChangeRecord): boolean => leaf.undoes === null || !known.has(leaf.undoes)
  return chosen
    .filter((change) => change.undoneBy === null)
    .flatMap((change) => {
      const leaves = leavesOf(journal, change)
      const rest = leaves.filter(stays)
      return rest.length === leaves.length && rest.length > 0 ? [change] : rest
    })
}

/** The changes with an effect of their own that are done and not undone, the newest first. */
function leavesOf(journal: Reads, change: ChangeRecord): ChangeRecord[] {
  if (!change.partsOnly) return [change]
  return journal
    .parts(change.change)
    .filter((part) => part.state !== 'aborted' && part.undoneBy === null)
    .toReversed()
    .flatMap((part) => leavesOf(journal, part))
}

const everyPart = (journal: Reads, change: ChangeRecord): ChangeRecord[] => journal.parts(change.change).flatMap((part) => [part, ...everyPart(journal, part)])

function conflictOf(journal: Reads, leaf: ChangeRecord, ours: ReadonlySet<ChangeId>): UndoConflict | undefined {
  const reason = hindrance(journal, leaf) ?? laterHands(journal, leaf, ours)
  return reason === undefined ? undefined : { change: leaf.change, place: leaf.place, reason }
}

function hindrance(journal: Reads, leaf: ChangeRecord): string | undefined {
  if (leaf.state !== 'done') return `it ended in the state ${leaf.state}: ${leaf.reason ?? 'no reason is known'}`
  if (leaf.before === null || leaf.kind === 'move') return undefined
  if (leaf.kept === null) return 'what it replaced was not kept'
  return leaf.kept.in === 'journal' && !journal.content(leaf.kept.cid) ? 'what it replaced is kept no longer' : undefined
}

/** By other hands: any later change of the place, one's own too, that is not taken back here and has not cancelled out. */
function laterHands(journal: Reads, leaf: ChangeRecord, ours: ReadonlySet<ChangeId>): string | undefined {
  for (const place of leaf.kind === 'move' && leaf.from ? [leaf.place, leaf.from] : [leaf.place])
    for (const later of all(journal, { place, after: leaf.seq, parts: true, states: ['done', 'conflict'] }))
      if (!ours.has(later.change) && counts(journal, later, leaf))
        return `it was changed later, by ${later.change} (${[later.actor.client, later.actor.tool].filter(Boolean).join(', ')})`
  return undefined
}

function counts(journal: Reads, later: ChangeRecord, leaf: ChangeRecord): boolean {
  if (later.partsOnly || later.undoneBy !== null) return false
  const undone = later.undoes === null ? undefined : journal.get(later.undoes)
  return undone === undefined || undone.seq < leaf.seq
}

/** Page by page, the newest first. */
function* all(journal: Reads, query: Omit<HistoryQuery, 'limit' | 'before'>): Generator<ChangeRecord> {
  for (let before: number | undefined; ;) {
    const page = journal.history({ ...query, before, limit: PAGE })
    yield* page
    before = page.at(-1)?.seq
    if (page.length < PAGE) return
  }
}

import type { Call } from '../core/backend.ts'
import { VfsError } from '../core/error.ts'
import { within, type VfsPath } from '../core/path.ts'
import { unhurried } from '../core/unhurried.ts'
import type { Key } from './places.ts'
import type { ChangeId, ChangeRecord, HistoryQuery, Journal, Place } from './types.ts'

const PAGE = 500
const MOST_CONFLICTS = 100

type Test = (change: ChangeRecord) => boolean

/** What to take back: one change, all of a session, or everything at and below some places since a time. */
export type UndoScope = { readonly change: ChangeId } | { readonly session: string } | PlacesScope

interface PlacesScope {
  readonly places: readonly Key[]
  readonly since: Date
  /** What is none of the caller's business, and stays as it is. */
  readonly leavesOut?: Test | undefined
}

export interface UndoConflict {
  readonly change: ChangeId
  readonly place: Place
  readonly reason: string
}

export interface UndoPlan {
  /**
   * To be taken back in this order, the newest first; of a change of parts, the parts that are done and not undone when its turn
   * comes. What is undone now stands among them where it will not be any more by then.
   */
  readonly changes: readonly ChangeRecord[]
  /** The first of them; if there is one, nothing may be taken back. */
  readonly conflicts: readonly UndoConflict[]
}

type Reads = Pick<Journal, 'get' | 'parts' | 'history' | 'content'>

/**
 * Reads the journal only; whether the storages still hold what it says is for the caller to check. Where what cancels out lies about
 * something that does not, all of it is taken back one by one. Rejects CHANGE_NOT_FOUND, ALREADY_UNDONE, BUSY and OUTCOME_UNKNOWN for a
 * single change.
 */
export async function planUndo(journal: Reads, scope: UndoScope, call: Call = {}): Promise<UndoPlan> {
  const plan = await new Planner(journal, scope, call).plan()
  if (plan.conflicts.length === 0 || 'session' in scope) return plan
  const oneByOne = await new Planner(journal, scope, call, { oneByOne: true }).plan()
  return oneByOne.conflicts.length === 0 ? oneByOne : plan
}

/**
 * No list of all parts is held: of a large change there is any number, and they are read anew for each question. So it asks which
 * changes cancel out: a replay of them over a model of the paths would hold a state of each.
 */
class Planner {
  readonly #journal: Reads
  readonly #scope: UndoScope
  readonly #call: Call
  readonly #leavesOut: Test
  /** Nothing cancels out: what is undone is taken back too, after its undoing. */
  readonly #oneByOne: boolean
  /** What is undone together counts as nothing with its undoing, whatever of them is chosen. */
  #isInScope: Test = () => false

  constructor(journal: Reads, scope: UndoScope, call: Call, { oneByOne = false } = {}) {
    this.#journal = journal
    this.#scope = scope
    this.#call = call
    this.#oneByOne = oneByOne
    this.#leavesOut = ('places' in scope ? scope.leavesOut : undefined) ?? (() => false)
  }

  async plan(): Promise<UndoPlan> {
    const wholes = this.#wholes(this.#scope)
    this.#isInScope = this.#belongingTo(wholes)
    const changes = await this.#withoutPairs(await this.#chosen(wholes))
    const above = await this.#above(wholes)
    return { changes, conflicts: above.length > 0 ? above : await this.#conflicts(changes) }
  }

  /** What the scope touches, also where only parts of it are meant, or nothing of it is left to be undone. */
  #wholes(scope: UndoScope): ChangeRecord[] {
    if ('change' in scope) return [this.#single(scope.change)]
    const states = ['done', 'partial'] as const
    if ('session' in scope) return [...this.#all({ session: scope.session, states })]
    const { places, since } = scope
    return newestFirst(places.flatMap((place) => [...this.#all({ place, since, states })]))
  }

  async #chosen(wholes: readonly ChangeRecord[]): Promise<readonly ChangeRecord[]> {
    if (!('places' in this.#scope)) return wholes
    return this.#inside(wholes, this.#scope.places)
  }

  /** What came or went with a folder above a place stays so, and what lay at the place with it. */
  async #above(wholes: readonly ChangeRecord[]): Promise<UndoConflict[]> {
    if (!('places' in this.#scope)) return []
    const { places } = this.#scope
    const isOver = (at: Place | null): boolean => at !== null && places.some((place) => isWithin(place, at)) && !places.some((place) => isWithin(at, place))
    const bears: Test = ({ kind, place, from, before, after }) =>
      kind !== 'mkdir' && (isOver(place) || isOver(from)) && [before, after].some((snapshot) => snapshot?.kind === 'directory')
    const stay = await this.#withoutPairs(await this.#those(wholes, bears))
    return stay
      .slice(0, MOST_CONFLICTS)
      .map((leaf) => ({ change: this.#whole(leaf), place: leaf.place, reason: 'it is of a folder above: undo that change, or the folder' }))
  }

  #single(id: ChangeId): ChangeRecord {
    const change = this.#journal.get(id)
    const context = { op: 'undo', details: { change: id } }
    if (!change) throw new VfsError('CHANGE_NOT_FOUND', `the journal has no change ${id}`, context)
    if (change.undoneBy !== null) throw new VfsError('ALREADY_UNDONE', `change ${id} was undone by ${change.undoneBy}`, context)
    if (change.state === 'aborted')
      throw new VfsError('ALREADY_UNDONE', `change ${id} did not take place, so there is nothing to undo`, { ...context, hint: 'Nothing of it is left.' })
    if (change.state === 'open') throw new VfsError('BUSY', `change ${id} is still running`, context)
    if (change.state === 'aborting') throw new VfsError('BUSY', `change ${id} is being taken back`, context)
    if (change.state === 'in_doubt') throw new VfsError('OUTCOME_UNKNOWN', `it is not known yet whether change ${id} took place`, context)
    return change
  }

  /** A change that reaches out of the places is taken back only in its parts inside. */
  #inside(wholes: readonly ChangeRecord[], places: readonly Key[]): Promise<ChangeRecord[]> {
    const isIn = (at: Place | null): boolean => at !== null && places.some((place) => isWithin(at, place))
    const isMeant: Test = (leaf) => !this.#leavesOut(leaf) && (isIn(leaf.place) || (leaf.kind === 'move' && isIn(leaf.from)))
    return this.#those(wholes, isMeant)
  }

  /** The changes whose leaves all pass, and of the others the leaves that do. */
  async #those(wholes: readonly ChangeRecord[], test: Test): Promise<ChangeRecord[]> {
    const found: ChangeRecord[] = []
    for (const change of wholes) found.push(...((await this.#ifWhole(change, test)) ?? [change]))
    return found
  }

  /** Leaves out what is undone, but for what is left of it, and an undoing together with what it has undone or, after another one's undo, made again. */
  async #withoutPairs(chosen: readonly ChangeRecord[]): Promise<readonly ChangeRecord[]> {
    if (this.#oneByOne) return chosen.filter((change) => !this.#leaves(change).next().done)
    const stays: Test = (leaf) => !this.#undone(leaf).some(this.#isInScope)
    const found: ChangeRecord[] = []
    for (const change of chosen) {
      if (change.undoneBy !== null) found.push(...this.#left(change).filter(stays))
      else if (!this.#leaves(change).next().done) found.push(...((await this.#ifWhole(change, stays)) ?? [change]))
    }
    return found
  }

  /** What a change has undone, what that has undone, and so on. */
  *#undone(change: ChangeRecord): Generator<ChangeRecord, undefined> {
    for (let { undoes } = change; undoes !== null;) {
      const undone = this.#journal.get(undoes)
      if (!undone) return
      yield undone
      undoes = undone.undoes
    }
  }

  /** What stands of an undone change: folders that stayed, since something lay in them, and parts that count again, since their undoing was undone by itself. */
  *#left({ change }: ChangeRecord): Generator<ChangeRecord, undefined> {
    for (const part of this.#journal.parts(change, { newestFirst: true })) {
      if (part.undoneBy !== null || part.partsOnly) yield* this.#left(part)
      else if (part.state === 'done' && !this.#leavesOut(part)) yield part
    }
  }

  /** Those leaves that pass, or undefined if all of them do. */
  async #ifWhole(change: ChangeRecord, test: Test): Promise<ChangeRecord[] | undefined> {
    for await (const leaf of unhurried(this.#leaves(change), this.#call))
      if (!test(leaf)) return Array.fromAsync(unhurried(this.#leaves(change).filter(test), this.#call))
    return undefined
  }

  async #conflicts(changes: readonly ChangeRecord[]): Promise<UndoConflict[]> {
    const isOurs = this.#belongingTo(changes)
    const others = await this.#othersSince(changes, isOurs)
    const conflicts: UndoConflict[] = []
    const leaves = changes.values().flatMap((change) => this.#leaves(change))
    for await (const leaf of unhurried(leaves, this.#call)) {
      const reason = this.#hindrance(leaf) ?? (others ? this.#laterHands(leaf, isOurs) : undefined)
      if (reason !== undefined && conflicts.push({ change: leaf.change, place: leaf.place, reason }) === MOST_CONFLICTS) break
    }
    return conflicts
  }

  /** Whether anything has happened since that is not taken back here. After most large changes nothing has, and no part need be asked for. */
  async #othersSince(changes: readonly ChangeRecord[], isOurs: Test): Promise<boolean> {
    const after = changes.reduce((least, { seq }) => Math.min(least, seq), Number.MAX_SAFE_INTEGER)
    for await (const later of unhurried(this.#all({ after, parts: true, states: ['done', 'conflict'] }), this.#call))
      if (!later.partsOnly && !isOurs(later)) return true
    return false
  }

  #hindrance(leaf: ChangeRecord): string | undefined {
    if (leaf.state !== 'done') return `it ended in the state ${leaf.state}: ${leaf.reason ?? 'no reason is known'}`
    if (leaf.before === null || leaf.kind === 'move') return undefined
    if (leaf.kept === null) return 'what it replaced is not kept'
    return leaf.kept.in === 'journal' && !this.#journal.content(leaf.kept.cid) ? 'what it replaced is kept no longer' : undefined
  }

  /** By other hands: any later change of the place, one's own too, that is not taken back here and has not cancelled out, or will count again once its undo is taken back. */
  #laterHands(leaf: ChangeRecord, isOurs: Test): string | undefined {
    for (const place of leaf.kind === 'move' && leaf.from ? [leaf.place, leaf.from] : [leaf.place]) {
      const revived = new Set<ChangeId>()
      for (const later of this.#all({ place, after: leaf.seq, parts: true, states: ['done', 'conflict'] })) {
        const ours = isOurs(later)
        if (ours && later.undoneBy === null && later.undoes !== null) revived.add(later.undoes)
        const [, madeAgain] = this.#undone(later)
        if (madeAgain && revived.has(later.change)) revived.add(madeAgain.change)
        if (!ours && this.#counts(later, leaf, revived))
          return `it was changed later, by ${this.#whole(later)} (${[later.actor.client, later.actor.tool].filter(Boolean).join(', ')})`
      }
    }
    return undefined
  }

  /** What history names, and undo takes: not a part of it. */
  #whole({ change, parent }: ChangeRecord): ChangeId {
    const above = parent === null ? undefined : this.#journal.get(parent)
    return above ? this.#whole(above) : change
  }

  #counts(later: ChangeRecord, leaf: ChangeRecord, revived: ReadonlySet<ChangeId>): boolean {
    if (later.partsOnly || (later.undoneBy !== null && !revived.has(later.change))) return false
    if (leaf.kind === 'mkdir' && this.#leavesOut(later)) return false // the folder stays for what it holds
    const undone = later.undoes === null ? undefined : this.#journal.get(later.undoes)
    return undone === undefined || (undone.seq < leaf.seq && this.#isInBetween(leaf, undone, later))
  }

  /** Between a change and its undoing. Where both of them cancel out, that is no matter to a folder, which may be gone already. */
  #isInBetween(leaf: ChangeRecord, undone: ChangeRecord, later: ChangeRecord): boolean {
    if (this.#isInScope(later) && this.#isInScope(undone)) return leaf.kind !== 'mkdir' && (this.#isClosed || isSame(leaf.place, later.place))
    return undone.change !== leaf.parent
  }

  /** Nobody else's change is of the same scope, so all of it can be taken back one by one. Of a session's only what was taken away itself is in the way. */
  get #isClosed(): boolean {
    return !('session' in this.#scope)
  }

  /** Whether a change is one of these, or a part of one. */
  #belongingTo(changes: readonly ChangeRecord[]): Test {
    const ids = new Set(changes.map(({ change }) => change))
    const belongs: Test = ({ change, parent }) => {
      if (ids.has(change)) return true
      if (parent === null || ids.has(parent)) return parent !== null
      const whole = this.#journal.get(parent)
      return whole !== undefined && belongs(whole)
    }
    return belongs
  }

  /** The changes with an effect of their own that are done and not undone, the newest first. */
  *#leaves(change: ChangeRecord): Generator<ChangeRecord, undefined> {
    if (!change.partsOnly) yield change
    else
      for (const part of this.#journal.parts(change.change, { newestFirst: true }))
        if (part.state !== 'aborted' && (part.undoneBy === null || this.#oneByOne)) yield* this.#leaves(part)
  }

  /** Page by page, the newest first. */
  *#all(query: Omit<HistoryQuery, 'limit' | 'before'>): Generator<ChangeRecord> {
    for (let before: number | undefined; ;) {
      const page = this.#journal.history({ ...query, before, limit: PAGE })
      yield* page
      before = page.at(-1)?.seq
      if (page.length < PAGE) return
    }
  }
}

const isSame = (a: Key, b: Key): boolean => a.volume === b.volume && a.inner === b.inner

const isWithin = (at: Key, folder: Key): boolean => at.volume === folder.volume && within(folder.inner as VfsPath, at.inner as VfsPath)

/** Of changes that were found at more than one place each once. */
const newestFirst = (found: readonly ChangeRecord[]): ChangeRecord[] =>
  [...new Map(found.map((record) => [record.change, record])).values()].toSorted((a, b) => b.seq - a.seq)

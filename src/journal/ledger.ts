import type { Actor } from '../core/actor.ts'
import { VfsError } from '../core/error.ts'
import type { Database } from '../sqlite/database.ts'
import { FIRST_SEQ, changeId, seqOf } from './ids.ts'
import { atOrAbove, range, type Key } from './places.ts'
import { partRows, SELECT, type ChangeRow } from './rows.ts'
import type { ChangeId, ChangeState, Facts, Intent, Kept, PartsOrder, Snapshot } from './types.ts'

/** An open change that holds what another one asks for. */
export interface Blocker {
  readonly seq: number
  readonly owner: number
}

export interface End {
  readonly state: Exclude<ChangeState, 'open' | 'in_doubt' | 'aborting'>
  readonly after?: Partial<Snapshot> | null | undefined
  readonly reason?: string | undefined
}

/** Whoever aborts a change has taken its parts back first. */
const TAKEN_BACK = `with recursive part(seq) as (select seq from change where parent = ? union all select c.seq from change c join part on c.parent = part.seq)
  update change set state = 'aborted', after = null where seq in part and state = 'done'`

// The indexes are named because they hold open changes only, and in one statement the four take ten times as long.
const OPEN = 'select seq, owner from change indexed by open_place where owner is not null and volume = ?'
const OPEN_FROM = "select seq, owner from change indexed by open_from where owner is not null and kind = 'move' and from_volume = ?"
const OPEN_ABOVE = `${OPEN} and held in (select value from json_each(?))`
const OPEN_BELOW = `${OPEN} and held > ? and held < ?`
const OPEN_FROM_ABOVE = `${OPEN_FROM} and from_path in (select value from json_each(?))`
const OPEN_FROM_BELOW = `${OPEN_FROM} and from_path > ? and from_path < ?`

/** The top of the tree that a change locks; null: it locks nothing. */
const heldBy = ({ place, holds }: Intent): string | null => (holds === undefined ? place.inner : holds)

const HELD_BY_NONE = '' // which is no place, and above and below of none

/** The first time that was told; one in the future is of a clock that has been set since. */
const LEFT = `min(ifnull(left_at, ${Number.MAX_SAFE_INTEGER}), ?)`

const LEARN = `
  insert or replace into content (volume, path, etag, cid, seq)
  values (?, ?, ?, ?, coalesce((select max(seq) from change), 0))`

/** The statements of changes. Those that write belong inside a transaction of the committer. */
export class Ledger {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  /** Makes an open change of this owner, or tells who holds its places. Throws UNAVAILABLE if nobody else would see it. */
  begin(intent: Intent, owner: number): number | Blocker {
    if (!this.#db.isInPlace) throw removed(intent)
    const line = this.#line(intent, owner)
    const held = heldBy(intent)
    const blocker =
      (held === null ? undefined : this.#blocker({ volume: intent.place.volume, inner: held }, line)) ??
      (intent.kind === 'move' && intent.from ? this.#blocker(intent.from, line) : undefined)
    if (blocker) return blocker
    if (intent.content && intent.kept && 'cid' in intent.kept) this.#keep(intent.kept.cid, intent.content)
    return this.#insert(intent, owner, line)
  }

  row(seq: number): ChangeRow | undefined {
    return this.#db.get<ChangeRow>(`${SELECT} where c.seq = ?`, seq)
  }

  isOpen(seq: number): boolean {
    return this.#db.get('select 1 from change where seq = ? and owner is not null', seq) !== undefined
  }

  openOf(owner: number): ChangeRow[] {
    return this.#db.all<ChangeRow>(`${SELECT} where c.owner = ? order by c.seq desc`, owner)
  }

  *parts(seq: number, order?: PartsOrder): Generator<ChangeRow, undefined> {
    for (const page of partRows(this.#db, seq, order)) yield* page
  }

  /** Adds to an open change what has been learnt since; that nothing stood there takes back what was told of it. Throws CONFLICT if it is not this owner's any more. */
  note(seq: number, owner: number, facts: Facts): void {
    if (facts.content && facts.kept && 'cid' in facts.kept) this.#keep(facts.kept.cid, facts.content)
    if (facts.before === null) this.#db.run('update change set before = null, kept_in = null, kept_ref = null where seq = ? and owner = ?', seq, owner)
    const changed = this.#db.run(
      `update change set before = ifnull(?, before), after = ifnull(?, after), kept_in = ifnull(?, kept_in), kept_ref = ifnull(?, kept_ref),
         staging = ifnull(?, staging), aside = ifnull(?, aside)
       where seq = ? and owner = ?`,
      json(facts.before),
      json(facts.after),
      facts.kept?.in ?? null,
      refOf(facts.kept),
      facts.staging ?? null,
      facts.aside ?? null,
      seq,
      owner,
    )
    if (changed === 0) throw taken(seq)
  }

  /** A state in which it still holds its places, and nothing is sent for it any more. */
  mark(seq: number, owner: number, state: 'in_doubt' | 'aborting', reason?: string): void {
    const changed = this.#db.run(
      `update change set state = ?, reason = ?, left_at = ${LEFT} where seq = ? and owner = ?`,
      state,
      reason ?? null,
      Date.now(),
      seq,
      owner,
    )
    if (changed === 0) throw taken(seq)
  }

  /** Ends it and lets its places go. Throws CONFLICT if it is not this owner's any more. */
  end(seq: number, owner: number, { state, after, reason }: End): void {
    const changed = this.#db.run(
      'update change set state = ?, after = ?, reason = ?, owner = null where seq = ? and owner = ?',
      state,
      json(after),
      reason ?? null,
      seq,
      owner,
    )
    if (changed === 0) throw taken(seq)
    if (state === 'aborted') this.#db.run(TAKEN_BACK, seq)
  }

  /** From a process that is dead. */
  adopt(seq: number, from: number, to: number): void {
    this.#db.run(`update change set owner = ?, left_at = ${LEFT} where seq = ? and owner = ?`, to, Date.now(), seq, from)
  }

  /** Gives up the contents that have been kept longest, until so many bytes are free in the database. How many it was. */
  purge(bytes: number): number {
    let freed = 0
    for (const { id, size } of this.#db.all<{ id: number; size: number }>(
      'select rowid as id, length(content) as size from version order by rowid limit 1000',
    )) {
      if (freed >= bytes) break
      this.#db.run('delete from version where rowid = ?', id)
      freed += size
    }
    return freed
  }

  letGo(seqs: readonly number[]): void {
    this.#db.run('update change set kept_in = null, kept_ref = null where owner is null and seq in (select value from json_each(?))', JSON.stringify(seqs))
  }

  learn({ volume, inner }: Key, etag: string, cid: string): void {
    this.#db.run(LEARN, this.volumeId(volume), inner, etag, cid)
  }

  volumeId(name: string): number {
    const known = this.#db.get<{ id: number }>('select id from volume where name = ?', name)
    return known?.id ?? this.#inserted('insert into volume (name) values (?) returning id', name)
  }

  /** The change's parents, the nearest first: a part shares their locks. */
  #line({ parent }: Intent, owner: number): readonly number[] {
    const line: number[] = []
    for (let at = parent === undefined ? null : (seqOf(parent) ?? -1); at !== null;) {
      const row = this.#db.get<{ parent: number | null; owner: number | null }>('select parent, owner from change where seq = ?', at)
      if (row?.owner !== owner) throw new VfsError('CONFLICT', `change ${changeId(at)} is not open here, so it can have no further part`)
      line.push(at)
      at = row.parent
    }
    return line
  }

  /** An open change on the path, above or below it, that is not in the line. */
  #blocker({ volume, inner }: Key, line: readonly number[]): Blocker | undefined {
    const id = this.volumeId(volume)
    const upwards = atOrAbove(inner)
    const below = range(inner)
    const blocks = ({ seq }: Blocker): boolean => !line.includes(seq)
    return (
      this.#db.all<Blocker>(OPEN_ABOVE, id, upwards).find(blocks) ??
      this.#db.all<Blocker>(OPEN_BELOW, id, ...below).find(blocks) ??
      this.#db.all<Blocker>(OPEN_FROM_ABOVE, id, upwards).find(blocks) ??
      this.#db.all<Blocker>(OPEN_FROM_BELOW, id, ...below).find(blocks)
    )
  }

  #insert(intent: Intent, owner: number, line: readonly number[]): number {
    const { place, from, kept } = intent
    const seq = this.#next()
    this.#db.run(
      `insert into change (seq, kind, state, volume, path, held, shown, from_volume, from_path, from_shown, root, parent, parts_only, undoes,
         actor, at, before, after, kept_in, kept_ref, owner)
       values (?, ?, 'open', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      seq,
      intent.kind,
      this.volumeId(place.volume),
      place.inner,
      heldBy(intent) ?? HELD_BY_NONE,
      place.shown,
      from ? this.volumeId(from.volume) : null,
      from?.inner ?? null,
      from?.shown ?? null,
      line.at(-1) ?? seq,
      line[0] ?? null,
      intent.partsOnly ? 1 : 0,
      seqOrNull(intent.undoes),
      this.#actorId(intent.actor),
      Date.now(),
      json(intent.before),
      json(intent.after),
      kept?.in ?? null,
      refOf(kept),
      owner,
    )
    return seq
  }

  #next(): number {
    const newest = this.#db.get<{ seq: number | null }>('select max(seq) as seq from change')?.seq
    return newest ? newest + 1 : FIRST_SEQ.least + Math.floor(Math.random() * FIRST_SEQ.span)
  }

  #keep(cid: string, content: Uint8Array): void {
    this.#db.run('insert or ignore into version (cid, content) values (?, ?)', cid, content)
  }

  #actorId({ client, clientVersion = '', session = '', tool = '' }: Actor): number {
    const values = [session, client, clientVersion, tool]
    const known = this.#db.get<{ id: number }>('select id from actor where session = ? and client = ? and version = ? and tool = ?', ...values)
    return known?.id ?? this.#inserted('insert into actor (session, client, version, tool) values (?, ?, ?, ?) returning id', ...values)
  }

  #inserted(sql: string, ...values: readonly string[]): number {
    const row = this.#db.get<{ id: number }>(sql, ...values)
    if (!row) throw new VfsError('INTERNAL', 'the database gave a new row no number')
    return row.id
  }
}

const json = (value: object | null | undefined): string | null => (value === null || value === undefined ? null : JSON.stringify(value))

const refOf = (kept: Kept | undefined): string | null => (kept === undefined ? null : 'cid' in kept ? kept.cid : kept.etag)

const seqOrNull = (id: ChangeId | undefined): number | null => (id === undefined ? null : (seqOf(id) ?? null))

const removed = ({ kind, place }: Intent): VfsError =>
  new VfsError('UNAVAILABLE', 'the journal was removed or replaced while this process ran; nothing was changed', {
    op: kind,
    path: place.shown,
    retryable: false,
    hint: 'Restart polymount, and leave its data folder alone while it runs.',
  })

const taken = (seq: number): VfsError =>
  new VfsError('CONFLICT', `change ${changeId(seq)} has been settled by another process, which found this one without a sign of life`, {
    details: { change: changeId(seq) },
  })

import type { Database, Value } from '../sqlite/database.ts'
import { above, range, type Key } from './places.ts'
import { SELECT, toRecord, type ChangeRow } from './rows.ts'
import type { ChangeRecord, HistoryQuery } from './types.ts'

const KNOWN_WITHIN = 64 // the newest changes of a path, among which an etag is looked for

/** Reads of the journal. They never wait for writers, and cost the storages nothing. */
export class History {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  get(seq: number): ChangeRecord | undefined {
    const row = this.#db.get<ChangeRow>(`${SELECT} where c.seq = ?`, seq)
    return row && this.#record(row)
  }

  parts(seq: number): ChangeRecord[] {
    return this.#db.all<ChangeRow>(`${SELECT} where c.parent = ? order by c.seq`, seq).map((row) => this.#record(row))
  }

  list(query: HistoryQuery): ChangeRecord[] {
    const { sql, values } = conditions(query, (time) => this.#seqAt(time))
    const where = sql.length > 0 ? `where ${sql.join(' and ')}` : ''
    return this.#db.all<ChangeRow>(`${SELECT} ${where} order by c.seq desc limit ?`, ...values, query.limit).map((row) => this.#record(row))
  }

  known({ volume, inner }: Key, etag: string): string | undefined {
    const row = this.#db.get<{ cid: string | null }>(
      `select after ->> 'cid' as cid from (
         select after, seq from change where volume = (select id from volume where name = ?) and path = ? and state = 'done' order by seq desc limit ${KNOWN_WITHIN}
       ) where after ->> 'etag' = ? order by seq desc limit 1`,
      volume,
      inner,
      etag,
    )
    return row?.cid ?? undefined
  }

  content(cid: string): Uint8Array | undefined {
    return this.#db.get<{ content: Uint8Array }>('select content from version where cid = ?', cid)?.content
  }

  #record(row: ChangeRow): ChangeRecord {
    return toRecord(row, this.#undoneBy(row.seq))
  }

  /** The top change that took this one back, if that was not taken back in its turn. */
  #undoneBy(seq: number): number | undefined {
    const undoings = this.#db.all<{ seq: number; root: number }>("select seq, root from change where undoes = ? and state = 'done' order by seq desc", seq)
    return undoings.find((undoing) => this.#undoneBy(undoing.seq) === undefined)?.root ?? this.#undoneByParts(seq)
  }

  /** A change of parts is undone when each of its parts is, whoever did it. */
  #undoneByParts(seq: number): number | undefined {
    const parts = this.#db.all<{ seq: number }>("select seq from change where parent = ? and state = 'done' order by seq", seq)
    const whole = this.#db.get("select 1 from change where seq = ? and parts_only and state <> 'aborted'", seq) !== undefined
    if (!whole || parts.length === 0) return undefined
    const undoings = parts.map((part) => this.#undoneBy(part.seq))
    return undoings.includes(undefined) ? undefined : undoings[0]
  }

  /** The first change at or after a time. Clocks may have been set; the order of changes is the truth. */
  #seqAt(time: number): number {
    let low = this.#db.get<{ seq: number | null }>('select min(seq) as seq from change')?.seq ?? 1
    let high = (this.#db.get<{ seq: number | null }>('select max(seq) as seq from change')?.seq ?? 0) + 1
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      const at = this.#db.get<{ at: number }>('select at from change where seq >= ? order by seq limit 1', middle)?.at ?? Infinity
      if (at < time) low = middle + 1
      else high = middle
    }
    return low
  }
}

interface Conditions {
  readonly sql: string[]
  readonly values: Value[]
}

function conditions({ place, session, since, until, states, parts, before, after }: HistoryQuery, seqAt: (time: number) => number): Conditions {
  const all: Conditions = { sql: [], values: [] }
  const and = (sql: string, ...values: Value[]): void => {
    all.sql.push(sql)
    all.values.push(...values)
  }
  if (place) and(`c.seq in (select ${parts ? 'seq' : 'root'} from (${TOUCHING}))`, ...touching(place, after ?? 0))
  if (!parts) and('c.parent is null')
  if (session !== undefined) and('c.actor in (select id from actor where session = ?)', session)
  if (states) and('c.state in (select value from json_each(?))', JSON.stringify(states))
  if (before !== undefined) and('c.seq < ?', before)
  if (after !== undefined) and('c.seq > ?', after)
  if (since) and('c.seq >= ?', seqAt(since.getTime()))
  if (until) and('c.seq < ?', seqAt(until.getTime() + 1))
  return all
}

const VOLUME = '(select id from volume where name = ?)'
const ABOVE = '(select value from json_each(?))'

/** What changed the path, what lies below it, or a folder above that took it along; a part is never older than its whole. */
const TOUCHING = `
  select seq, root from change where volume = ${VOLUME} and path = ? and seq > ?
  union select seq, root from change where volume = ${VOLUME} and path > ? and path < ? and seq > ?
  union select seq, root from change where from_volume = ${VOLUME} and from_path = ? and kind = 'move' and seq > ?
  union select seq, root from change where from_volume = ${VOLUME} and from_path > ? and from_path < ? and kind = 'move' and seq > ?
  union select seq, root from change where volume = ${VOLUME} and path in ${ABOVE} and kind in ('move', 'remove', 'undo') and not parts_only and seq > ?
  union select seq, root from change where from_volume = ${VOLUME} and from_path in ${ABOVE} and kind = 'move' and not parts_only and seq > ?`

function touching({ volume, inner }: Key, after: number): Value[] {
  const at = [volume, inner, after]
  const below = [volume, ...range(inner), after]
  const carried = [volume, above(inner), after]
  return [...at, ...below, ...at, ...below, ...carried, ...carried]
}

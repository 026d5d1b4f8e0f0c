import type { Database, Value } from '../sqlite/database.ts'
import { above, range, type Key } from './places.ts'
import { unwanted } from './retention.ts'
import { partRows, PARTS_PAGE, rowsBelow, SELECT, toRecord, type ChangeRow } from './rows.ts'
import type { ChangeRecord, HistoryQuery, PartsOrder, Seen, Unwanted } from './types.ts'

const CANDIDATES = 4 // times the limit: of one whole there are several parts, and some are left out by other conditions
const GROWTH = 8 // so that few pages reach what is rare
const KEPT_PAGE = 1000
const SHOWN_PAGE = 10_000 // changes, looked through without an index
const KNOWN_WITHIN = 64 // the newest changes of a path, among which an etag is looked for

const ASKED = `
  with at as (select id from volume where name = ?),
    asked as materialized (select key, value ->> 0 as path, value ->> 1 as etag from json_each(?))`

/** What a change of each file left. */
const WRITTEN = `
  (select after ->> 'cid' from (
      select after, seq from change where volume = (select id from at) and path = asked.path and state = 'done' order by seq desc limit ${KNOWN_WITHIN}
    ) where after ->> 'etag' = asked.etag order by seq desc limit 1)`

/** The same, or what was learnt of it. */
const KNOWN = `
  coalesce((select cid from content where volume = (select id from at) and path = asked.path and etag = asked.etag), ${WRITTEN})`

/** A removal, those that undo the undoings of it, and so on. */
const PLACED = `
  select v.name as volume, c.path as inner from change c join volume v on v.id = c.volume
  where c.seq > ? and c.seq <= ? and c.shown = ? order by c.seq desc limit 1`

const REMOVALS = `
  with recursive about(seq, kind) as (
    select seq, kind from change where seq = ?
    union all select c.seq, c.kind from change c join about on c.undoes = about.seq where not c.parts_only)
  select seq from about where kind = 'remove' order by seq desc`

/** A change, what has undone it, what has undone that, and so on: each second one made it again. */
const STANDS_BY = `
  with recursive about(seq, makes) as (
    select seq, true from change where seq = ?
    union all select c.seq, not makes from change c join about on c.undoes = about.seq where not c.parts_only and c.state = 'done')
  select max(seq) as seq from about where makes`

interface Window {
  before: number
  readonly after: number
}

/** Reads of the journal. They never wait for writers, and cost the storages nothing. */
export class History {
  readonly #db: Database
  /** The last answer about a time: pages of one list ask for it again and again. */
  #older = { time: Number.NaN, among: 0, last: 0 }

  constructor(db: Database) {
    this.#db = db
  }

  get(seq: number): ChangeRecord | undefined {
    const row = this.#db.get<ChangeRow>(`${SELECT} where c.seq = ?`, seq)
    return row && this.#record(row)
  }

  *parts(seq: number, order?: PartsOrder): Generator<ChangeRecord[]> {
    for (const page of partRows(this.#db, seq, order)) yield this.#records(page)
  }

  *below(seq: number): Generator<ChangeRecord[]> {
    for (const page of rowsBelow(this.#db, seq)) yield this.#records(page)
  }

  /** The newest first. A place or a session is asked of its index alone, page by page: only what is told is read whole. */
  list(query: HistoryQuery): ChangeRecord[] {
    const window = this.#window(query)
    const found: ChangeRow[] = []
    for (let size = query.limit * CANDIDATES; found.length < query.limit; size *= GROWTH) {
      const candidates = this.#candidates(query, window, size)
      found.push(...this.#rows(query, window, candidates))
      if (!candidates || candidates.length < size) break
      window.before = candidates.at(-1) ?? 0
    }
    return this.#records(found.slice(0, query.limit))
  }

  /** Where the newest change took place that was asked for by this path. No index knows the paths: undefined for each page of the journal that has none. */
  *placed(shown: string): Generator<Key | undefined> {
    for (let last = this.#newest(); last > 0; last -= SHOWN_PAGE) {
      const found = this.#db.get<Key>(PLACED, last - SHOWN_PAGE, last, shown)
      yield found
      if (found) return
    }
  }

  removals(seq: number): number[] {
    return this.#db.all<{ seq: number }>(REMOVALS, seq).map((row) => row.seq)
  }

  standsBy(seq: number): ChangeRecord | undefined {
    const last = this.#db.get<{ seq: number | null }>(STANDS_BY, seq)?.seq
    return last ? this.get(last) : undefined
  }

  known(volume: string, files: readonly Seen[]): (string | undefined)[] {
    return this.#cids(KNOWN, volume, files)
  }

  written(volume: string, file: Seen): string | undefined {
    return this.#cids(WRITTEN, volume, [file])[0]
  }

  #cids(which: string, volume: string, files: readonly Seen[]): (string | undefined)[] {
    const asked = JSON.stringify(files.map(({ inner, etag }) => [inner, etag]))
    const found = this.#db.all<{ cid: string | null }>(`${ASKED} select ${which} as cid from asked order by key`, volume, asked)
    return found.map(({ cid }) => cid ?? undefined)
  }

  content(cid: string): Uint8Array | undefined {
    return this.#db.get<{ content: Uint8Array }>('select content from version where cid = ?', cid)?.content
  }

  *kept(since?: Date): Generator<string> {
    const first = since ? this.#seqAt(since.getTime()) : 0
    for (let last = 0; ;) {
      const page = this.#db.all<{ seq: number; cid: string }>(
        `select seq, kept_ref as cid from change where seq > ? and root >= ? and kept_in = 'content' and state <> 'aborted' order by seq limit ${KEPT_PAGE}`,
        last,
        first,
      )
      for (const { cid } of page) yield cid
      last = page.at(-1)?.seq ?? last
      if (page.length < KEPT_PAGE) return
    }
  }

  unwanted(before?: Date): Generator<readonly Unwanted[], undefined> {
    return unwanted(this.#db, before ? this.#seqAt(before.getTime()) : 0)
  }

  /** Times map to sequence numbers. */
  #window({ before = Number.MAX_SAFE_INTEGER, after = 0, since, until }: HistoryQuery): Window {
    return {
      before: until ? Math.min(before, this.#seqAt(until.getTime() + 1)) : before,
      after: since ? Math.max(after, this.#lastBefore(since.getTime())) : after,
    }
  }

  #rows({ session, states, parts, limit }: HistoryQuery, { before, after }: Window, candidates: readonly number[] | undefined): ChangeRow[] {
    const where = ['c.seq < ?', 'c.seq > ?']
    const values: Value[] = [before, after]
    const and = (sql: string, ...more: Value[]): void => {
      where.push(sql)
      values.push(...more)
    }
    if (candidates) and('c.seq in (select value from json_each(?))', JSON.stringify(candidates))
    if (!parts) and('c.parent is null')
    if (session !== undefined) and('c.actor in (select id from actor where session = ?)', session)
    if (states) and('c.state in (select value from json_each(?))', JSON.stringify(states))
    return this.#db.all<ChangeRow>(`${SELECT} where ${where.join(' and ')} order by c.seq desc limit ?`, ...values, limit)
  }

  /** The newest that touch the place, or are of the session; undefined if every change is a candidate. */
  #candidates({ place, session, parts }: HistoryQuery, { before, after }: Window, size: number): number[] | undefined {
    if (!place && session === undefined) return undefined
    const id = parts ? 'seq' : 'root'
    const within = `and ${id} < ? and ${id} > ?`
    const query = place ? touching(id, within) : `select ${id} as id from change where actor in (select id from actor where session = ?) ${within}`
    const values = place ? this.#touchingValues(place, [before, after]) : [session ?? '', before, after]
    return this.#db.all<{ id: number }>(`${query} order by id desc limit ?`, ...values, size).map((row) => row.id)
  }

  #touchingValues({ volume, inner }: Key, bounds: readonly number[]): Value[] {
    const id = this.#db.get<{ id: number }>('select id from volume where name = ?', volume)?.id ?? null
    const at = [id, inner, ...bounds]
    const below = [id, ...range(inner), ...bounds]
    const carried = [id, above(inner), ...bounds]
    return [...at, ...below, ...at, ...below, ...carried, ...carried, ...carried]
  }

  /** Most were never taken back, which one question tells of all. */
  #records(rows: readonly ChangeRow[]): ChangeRecord[] {
    const asked = JSON.stringify(rows.map(({ seq }) => seq))
    const touched = this.#db.all<{ seq: number }>("select undoes as seq from change where undoes in (select value from json_each(?)) and state = 'done'", asked)
    const undone = new Set(touched.map(({ seq }) => seq))
    return rows.map((row) => (row.parts_only === 1 || undone.has(row.seq) ? this.#record(row) : toRecord(row, undefined)))
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
    if (this.#db.get("select 1 from change where seq = ? and parts_only and state <> 'aborted'", seq) === undefined) return undefined
    let first: number | undefined
    for (const part of this.#doneParts(seq)) {
      const undoing = this.#undoneBy(part)
      if (undoing === undefined) return undefined
      first ??= undoing
    }
    return first
  }

  *#doneParts(seq: number): Generator<number> {
    for (let last = 0; ;) {
      const sql = `select seq from change where parent = ? and state = 'done' and seq > ? order by seq limit ${PARTS_PAGE}`
      const page = this.#db.all<{ seq: number }>(sql, seq, last)
      for (const part of page) yield part.seq
      if (page.length < PARTS_PAGE) return
      last = page.at(-1)?.seq ?? last
    }
  }

  /** The last change that is older than a time. Where the clock was ahead for a while, what came then is no later than what followed. */
  #lastBefore(time: number): number {
    const known = this.#older.time === time ? this.#older : { among: 0, last: 0 }
    const among = this.#newest()
    const found = this.#db.get<{ seq: number }>('select seq from change where seq > ? and at < ? order by seq desc limit 1', known.among, time)
    this.#older = { time, among, last: found?.seq ?? known.last }
    return this.#older.last
  }

  #newest(): number {
    return this.#db.get<{ seq: number | null }>('select max(seq) as seq from change')?.seq ?? 0
  }

  /** The first change at or after a time. Clocks may have been set; the order of changes is the truth. */
  #seqAt(time: number): number {
    let low = this.#db.get<{ seq: number | null }>('select min(seq) as seq from change')?.seq ?? 1
    let high = this.#newest() + 1
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      const at = this.#db.get<{ at: number }>('select at from change where seq >= ? order by seq limit 1', middle)?.at ?? Infinity
      if (at < time) low = middle + 1
      else high = middle
    }
    return low
  }
}

const ABOVE = '(select value from json_each(?))'

/** What changed the path, what lies below it, a folder above that took it along, or put a file in the place of one. The long ones read nothing but an index. */
const touching = (id: 'seq' | 'root', within: string): string => `
  select ${id} as id from change where volume = ? and path = ? ${within}
  union all select ${id} from change where volume = ? and path > ? and path < ? ${within}
  union all select ${id} from change where kind = 'move' and from_volume = ? and from_path = ? ${within}
  union all select ${id} from change where kind = 'move' and from_volume = ? and from_path > ? and from_path < ? ${within}
  union all select ${id} from change where volume = ? and path in ${ABOVE} and kind in ('move', 'remove', 'undo') and not parts_only ${within}
  union all select ${id} from change where volume = ? and path in ${ABOVE} and kind in ('write', 'copy') and after ->> 'kind' = 'file' ${within}
  union all select ${id} from change where kind = 'move' and from_volume = ? and from_path in ${ABOVE} and not parts_only ${within}`

import type { Committer } from '../sqlite/committer.ts'
import type { Database } from '../sqlite/database.ts'
import { changeId } from './ids.ts'
import type { Unwanted } from './types.ts'

const PAGE = 500
const SWEPT = 1000 // small contents that go in one transaction, so that writers go on between

/** It has ended with all that it is a part of, and nobody is at taking it back. */
const ENDED = `c.owner is null
  and not exists (select 1 from change whole where whole.seq = c.root and whole.owner is not null)
  and not exists (select 1 from change undoing where undoing.undoes = c.seq and undoing.owner is not null)`

/** A removal that took no effect has brought back by itself what it took, unless it was a part of an undo's being taken back. */
const USELESS = `(c.root < ? or (c.state = 'aborted' and c.kind <> 'remove'))`

const BROUGHT_BACK = `c.kind = 'remove' and exists (select 1 from change undoing where undoing.undoes = c.seq and undoing.state = 'done')`

const PAGE_OF_UNWANTED = `select c.seq, v.name as volume, c.path, c.kept_in as place, iif(${BROUGHT_BACK} or (c.kind = 'remove' and c.state = 'aborted'), 0, c.before ->> 'size') as size
  from change c join volume v on v.id = c.volume
  where c.seq > ? and c.kept_in is not null and ${USELESS} and ${ENDED} order by c.seq limit ${PAGE}`

const NAMED = "select kept_ref from change where kept_in = 'journal' and state <> 'aborted'"
const FIND_UNNAMED = `create temp table unnamed as select cid from version where cid not in (${NAMED})`
const PAGE_OF_UNNAMED = `select rowid as id, cid from temp.unnamed where rowid > ? order by rowid limit ${SWEPT}`
/** The oldest change that may still come to name a content: what is open, and all that comes. */
const FLOOR =
  'select min(ifnull((select min(seq) from change where owner is not null), seq), seq) as seq from (select ifnull(max(seq), 0) + 1 as seq from change)'
const SWEEP = `delete from version where cid in (select value from json_each(?)) and cid not in (${NAMED} and seq >= ?)`

interface Row {
  readonly seq: number
  readonly volume: string
  readonly path: string
  readonly place: Unwanted['in']
  readonly size: number | null
}

/** The oldest first, page by page: of changes whose whole began before this one, and of such as took no effect. */
export function* unwanted(db: Database, before: number): Generator<readonly Unwanted[], undefined> {
  for (let last = 0; ;) {
    const page = db.all<Row>(PAGE_OF_UNWANTED, last, before)
    yield page.map(({ seq, volume, path, place, size }) => ({ change: changeId(seq), volume, inner: path, in: place, size: size ?? 0 }))
    if (page.length < PAGE) return undefined
    last = page.at(-1)?.seq ?? last
  }
}

/** Forgets the small contents that no change names any more. All changes are looked at once, under no lock; then only those that may have come to name one since. */
export async function sweepVersions(db: Database, committer: Pick<Committer, 'run'>): Promise<void> {
  const floor = db.get<{ readonly seq: number }>(FLOOR)?.seq ?? 0
  db.exec(`drop table if exists temp.unnamed; ${FIND_UNNAMED}`)
  for (const cids of unnamed(db)) await committer.run(() => db.run(SWEEP, JSON.stringify(cids), floor), { durable: false })
}

function* unnamed(db: Database): Generator<readonly string[], undefined> {
  for (let last = 0; ;) {
    const page = db.all<{ readonly id: number; readonly cid: string }>(PAGE_OF_UNNAMED, last)
    if (page.length === 0) return undefined
    yield page.map(({ cid }) => cid)
    last = page.at(-1)?.id ?? last
  }
}

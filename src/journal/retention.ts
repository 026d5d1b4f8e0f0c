import type { Committer } from '../sqlite/committer.ts'
import type { Database } from '../sqlite/database.ts'
import { changeId } from './ids.ts'
import type { Unwanted } from './types.ts'

const PAGE = 500
const SWEPT = 10_000 // rows of small contents in one transaction, so that writers go on between

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

const SWEEP = `delete from version where rowid > ? and rowid <= ?
  and cid not in (select kept_ref from change where kept_in = 'journal' and state <> 'aborted')`

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

/** Forgets the small contents that no change names any more. */
export async function sweepVersions(db: Database, committer: Committer): Promise<void> {
  const end = db.get<{ readonly id: number | null }>('select max(rowid) as id from version')?.id ?? 0
  for (let from = 0; from < end; from += SWEPT) await committer.run(() => db.run(SWEEP, from, from + SWEPT), { durable: false })
}

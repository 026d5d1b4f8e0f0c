import type { Committer } from '../sqlite/committer.ts'
import type { Database } from '../sqlite/database.ts'

/** Rows that one transaction looks at, so that writers go on between. */
const PAGE = 1000
/** What is learnt is learnt again if it is asked for: above this the oldest go. */
const MOST = 250_000

const BEYOND = `(volume, path) > (?, ?)`
const PAGE_END = `select volume, path from content where ${BEYOND} order by volume, path limit 1 offset ${PAGE - 1}`
const ROW = `c.seq > content.seq and c.state = 'done'`
/** A later change has set another content there, or taken it away. */
const STALE = `(exists (select 1 from change c where c.volume = content.volume and c.path = content.path and ${ROW} and c.after ->> 'etag' is not content.etag)
  or exists (select 1 from change c where c.kind = 'move' and c.from_volume = content.volume and c.from_path = content.path and ${ROW}))`
const DROP_STALE = `delete from content where ${BEYOND} and (volume, path) <= (?, ?) and ${STALE}`
const DROP_OLDEST = `delete from content where (volume, path) in (select volume, path from content order by seq limit ?)`

interface Row {
  readonly volume: number
  readonly path: string
}

const BEGIN: Row = { volume: 0, path: '' }
const END: Row = { volume: Number.MAX_SAFE_INTEGER, path: '' }

/** Forgets contents that were learnt of places which have other contents by now, and the oldest beyond a bound. How many. */
export async function trimLearnt(db: Database, committer: Committer, most = MOST): Promise<number> {
  let gone = 0
  for (let from = BEGIN; from !== END;) {
    const to: Row = db.get<Row>(PAGE_END, from.volume, from.path) ?? END
    gone += await committer.run(() => db.run(DROP_STALE, from.volume, from.path, to.volume, to.path), { durable: false })
    from = to
  }
  const count = (): number => db.get<{ readonly n: number }>('select count(*) as n from content')?.n ?? 0
  for (let over = count() - most; over > 0; over = count() - most)
    gone += await committer.run(() => db.run(DROP_OLDEST, Math.min(PAGE, over)), { durable: false })
  return gone
}

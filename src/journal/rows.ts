import type { VfsPath } from '../core/path.ts'
import type { Database } from '../sqlite/database.ts'
import { changeId } from './ids.ts'
import type { ChangeKind, ChangeRecord, ChangeState, Kept, PartsOrder, Place, Snapshot } from './types.ts'

/** A change as it is stored, with the names instead of the numbers of its volumes and actor. */
export interface ChangeRow {
  readonly seq: number
  readonly kind: ChangeKind
  readonly state: ChangeState
  readonly volume: string
  readonly path: string
  readonly shown: string
  readonly from_volume: string | null
  readonly from_path: string | null
  readonly from_shown: string | null
  readonly root: number
  readonly parent: number | null
  readonly parts_only: number
  readonly undoes: number | null
  readonly at: number
  readonly before: string | null
  readonly after: string | null
  readonly kept_in: Kept['in'] | null
  readonly kept_ref: string | null
  readonly reason: string | null
  readonly owner: number | null
  /** What the storage calls what it stages. */
  readonly staging: string | null
  /** Under which id the trash held what comes back, where that is not the one of its removal. */
  readonly aside: string | null
  /** Since then nothing is sent for it: its process was found dead, or has given up. */
  readonly left_at: number | null
  readonly client: string
  readonly version: string
  readonly session: string
  readonly tool: string
}

export const SELECT = `select c.seq, c.kind, c.state, v.name as volume, c.path, c.shown,
    w.name as from_volume, c.from_path, c.from_shown, c.root, c.parent, c.parts_only, c.undoes, c.at,
    c.before, c.after, c.kept_in, c.kept_ref, c.reason, c.owner, c.staging, c.aside, c.left_at, a.client, a.version, a.session, a.tool
  from change c join volume v on v.id = c.volume left join volume w on w.id = c.from_volume join actor a on a.id = c.actor`

export const PARTS_PAGE = 500

/** The parts of a change page by page; what is done to others meanwhile changes nothing of that. */
export function* partRows(db: Database, seq: number, { newestFirst = false }: PartsOrder = {}): Generator<ChangeRow[], undefined> {
  const sql = `${SELECT} where c.parent = ? and c.seq ${newestFirst ? '<' : '>'} ? order by c.seq ${newestFirst ? 'desc' : 'asc'} limit ${PARTS_PAGE}`
  for (let last = newestFirst ? Number.MAX_SAFE_INTEGER : 0; ;) {
    const page = db.all<ChangeRow>(sql, seq, last)
    yield page
    if (page.length < PARTS_PAGE) return undefined
    last = page.at(-1)?.seq ?? last
  }
}

const WITH_PARTS = 'select value as seq from json_each(?) where exists (select 1 from change where parent = value)'

/** The parts and theirs, at any depth. Most have none, which one question tells of a page. */
export function* rowsBelow(db: Database, seq: number): Generator<ChangeRow[], undefined> {
  for (const page of partRows(db, seq)) {
    yield page
    const wholes = db.all<{ seq: number }>(WITH_PARTS, JSON.stringify(page.map((row) => row.seq)))
    for (const whole of wholes) yield* rowsBelow(db, whole.seq)
  }
}

/** `after` is told of what is done only: before that it is a wish. */
export function toRecord(row: ChangeRow, undoneBy: number | undefined): ChangeRecord {
  return {
    change: changeId(row.seq),
    seq: row.seq,
    kind: row.kind,
    state: row.state,
    place: placeOf(row),
    from: sourceOf(row),
    parent: idOrNull(row.parent),
    partsOnly: row.parts_only === 1,
    undoes: idOrNull(row.undoes),
    undoneBy: idOrNull(undoneBy ?? null),
    actor: { client: row.client, clientVersion: row.version || undefined, session: row.session || undefined, tool: row.tool || undefined },
    at: new Date(row.at),
    before: beforeOf(row),
    after: row.state === 'done' ? (foreseenOf(row) as Snapshot | null) : null,
    kept: keptOf(row),
    reason: row.reason,
  }
}

const placeOf = (row: ChangeRow): Place => ({ volume: row.volume, inner: row.path, shown: row.shown as VfsPath })

const sourceOf = ({ from_volume: volume, from_path: inner, from_shown: shown }: ChangeRow): Place | null =>
  volume === null || inner === null || shown === null ? null : { volume, inner, shown: shown as VfsPath }

export const beforeOf = (row: Pick<ChangeRow, 'before'>): Snapshot | null => (row.before === null ? null : (JSON.parse(row.before) as Snapshot))

/** What was known beforehand of what will stand there. */
export const foreseenOf = (row: Pick<ChangeRow, 'after'>): Partial<Snapshot> | null =>
  row.after === null ? null : (JSON.parse(row.after) as Partial<Snapshot>)

function keptOf({ kept_in: where, kept_ref: ref }: ChangeRow): Kept | null {
  if (where === null || ref === null) return null
  return where === 'trash' ? { in: where, etag: ref } : { in: where, cid: ref }
}

const idOrNull = (seq: number | null): string | null => (seq === null ? null : changeId(seq))

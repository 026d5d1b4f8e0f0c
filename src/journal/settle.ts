import type { Backend, Stat } from '../core/backend.ts'
import { type ErrorCode, isCode, VfsError } from '../core/error.ts'
import { join, ROOT, type VfsPath } from '../core/path.ts'
import { changeId } from './ids.ts'
import type { End } from './ledger.ts'
import { beforeOf, foreseenOf, type ChangeRow } from './rows.ts'
import type { ChangeKind, Snapshot, VersionStore } from './types.ts'

export interface Spot {
  readonly backend: Backend
  readonly path: VfsPath
}

/** A change whose process has died, and where it can be looked at. */
export interface Case {
  readonly row: ChangeRow
  readonly at: Spot
  readonly from: Spot | undefined
  readonly versions: Pick<VersionStore, 'put'>
  /** What its process has asked for may still take effect: then only what has can be told. */
  readonly mayStillCome: boolean
  /** Durable when it resolves: from now on the change is taken back. */
  aborting(): Promise<void>
}

const LEFT = 'the storage refuses to remove what is left of it'
const ABORTED: End = { state: 'aborted', reason: 'its process ended before it took effect' }
const conflict = (reason: string): End => ({ state: 'conflict', reason: `its process ended, and ${reason}; nothing was touched` })
const done = (stat: Stat | null, known?: Partial<Snapshot> | null): End => ({ state: 'done', after: stat && snapshot(stat, known) })

/**
 * How a change ended, by what stands there now (journal.md, 7 and 15). Effects are never repeated; half ones are taken back. Rejects
 * OUTCOME_UNKNOWN where nothing has taken effect, and it may still come: what the storage itself is still at work on is stopped first.
 */
export async function settle(it: Case): Promise<End> {
  await it.at.backend.stop?.(it.at.path)
  return SETTLE[it.row.kind](it)
}

const SETTLE: Record<ChangeKind, (it: Case) => Promise<End>> = {
  write: settleContent,
  copy: settleContent,
  mkdir: settleFolder,
  remove: settleRemoval,
  move: settleMove,
  mirror: async () => conflict('it has no effect of its own, only parts'),
  undo: settleReturn,
}

async function settleContent(it: Case): Promise<End> {
  const standing = await statOrNull(it.at)
  if (standing && (await isAfter(it, standing))) {
    const cleared = await discard(it)
    return { ...done(standing, foreseenOf(it.row)), ...(cleared === 'refused' && { reason: LEFT }) }
  }
  if (it.row.after !== null) requireLate(it) // before that is known, nothing is sent that takes the path's place
  await it.aborting()
  return takeBackContent(it, await discard(it))
}

/** What was discarded can come no more, but may have come until then. */
async function takeBackContent(it: Case, discarded: Cleared): Promise<End> {
  const standing = await statOrNull(it.at)
  if (standing && (await isAfter(it, standing))) return done(standing, foreseenOf(it.row))
  if (discarded === 'refused') return conflict(LEFT)
  if (discarded === 'found' || (await isBefore(it, standing))) return tookNoEffect(it)
  if (!standing && (await putFolderBack(it))) return tookNoEffect(it)
  if (standing && it.row.kind === 'copy' && it.row.after === null && it.row.before === null) return done(standing)
  return conflict('the file is neither what it was nor what it was to become')
}

/** Where a folder is replaced by a removal and a link, nothing stands in between. False if it cannot be put there, or was none. */
async function putFolderBack({ at, row }: Case): Promise<boolean> {
  const before = beforeOf(row)
  if (before?.kind !== 'directory' || before.cid === undefined || !at.backend.capabilities.by_cid) return false
  return (await orNull(at.backend.graft(at.path, before.cid, { ifNoneMatch: '*' }), 'CONFLICT')) !== null
}

const discard = (it: Case): Promise<Cleared> =>
  clear(it, ({ at, row }) => at.backend.discard(at.path, changeId(row.seq), { staging: row.staging ?? undefined }))

type Cleared = 'found' | 'nothing' | 'refused'

/** Nobody can end a change whose storage will not let go of what is left of it: once nothing of it can come any more that is named, and holds its path no longer. */
async function clear(it: Case, work: (it: Case) => Promise<boolean | void>): Promise<Cleared> {
  try {
    return (await work(it)) === true ? 'found' : 'nothing'
  } catch (error) {
    if (it.mayStillCome || !isCode(error, 'PERMISSION_DENIED')) throw error
    return 'refused'
  }
}

async function settleFolder(it: Case): Promise<End> {
  const standing = await statOrNull(it.at)
  if (standing?.kind === 'directory') return done(standing)
  requireLate(it)
  return standing ? conflict('something else stands in the place of the folder') : ABORTED
}

async function settleRemoval(it: Case): Promise<End> {
  const standing = await statOrNull(it.at)
  const aside = it.row.kept_in === 'trash' ? await inTrash(it.at.backend, changeId(it.row.seq)) : null
  if (!standing || (aside && !isOriginal(it, standing))) return done(null)
  requireLate(it)
  if (aside) return takeBackHalfRemoval(it)
  if (standing.kind === 'directory' && it.row.kept_in === null)
    return { state: 'partial', reason: 'its process ended while it removed a folder for good: some of it may be gone' }
  return (await isBefore(it, standing)) ? tookNoEffect(it) : conflict('something else stands there now')
}

const isOriginal = (it: Case, standing: Stat): boolean => isSame(it, standing, beforeOf(it.row))

/** At both places of what is done in two steps. A folder without a CID can be so only where folders do not go as one, and is empty then. */
function isSame({ at }: Case, one: Stat, other: Stat | Snapshot | null): boolean {
  if (one.kind !== other?.kind) return false
  if (one.kind === 'file') return one.etag === other.etag
  return one.cid === other.cid && (one.cid !== undefined || !at.backend.capabilities.tree_atomic)
}

/** Where a file is put aside by a copy and a deletion, or a folder by its CID, it stands at both places in between. */
async function takeBackHalfRemoval(it: Case): Promise<End> {
  await it.aborting()
  return tookNoEffect(it)
}

/** What was there stands, so that nothing needs to be kept of it; it may lie aside without having been noted. */
async function tookNoEffect(it: Case): Promise<End> {
  const { before, kept_in } = it.row
  const mayLieAside = before !== null && (kept_in === null || kept_in === 'trash')
  const cleared = mayLieAside && (await clear(it, async ({ at, row }) => at.backend.trash?.drop(changeId(row.seq))))
  return cleared === 'refused' ? conflict(LEFT) : ABORTED
}

async function settleMove(it: Case): Promise<End> {
  if (!it.from) return conflict('where it came from is not known')
  const [source, target] = [await statOrNull(it.from), await statOrNull(it.at)]
  if (!source && target) return done(target, foreseenOf(it.row))
  requireLate(it)
  if (!source) return conflict('it stands neither where it was nor where it was to go')
  if (!target) return ABORTED
  return takeBackHalfMove(it, source, target)
}

/** A file is moved by a link and an unlink, a folder onto an empty one made for it or by its CID: in between it stands at both places. */
async function takeBackHalfMove(it: Case, source: Stat, target: Stat): Promise<End> {
  const areFolders = source.kind === 'directory' && target.kind === 'directory' && source.cid === target.cid
  return areFolders || isSame(it, source, target) ? takeAway(it, target) : conflict('something else stands where it was to go')
}

/** The copy of what stands, or lies aside, at the other place still. */
async function takeAway(it: Case, { kind, cid, etag }: Stat): Promise<End> {
  await it.aborting()
  const isFolder = kind === 'directory'
  try {
    await it.at.backend.remove(it.at.path, isFolder && cid === undefined ? {} : { ifMatch: etag, recursive: isFolder })
    return ABORTED
  } catch (error) {
    if (isCode(error, 'NOT_EMPTY', 'CONFLICT')) return conflict('something else stands where it was to go')
    throw error
  }
}

/** Something comes back from the trash, where it lay under the id of its removal, or of a later one, which was noted then. */
async function settleReturn(it: Case): Promise<End> {
  const standing = await statOrNull(it.at)
  const { staging } = it.row
  const aside = await asideOf(it)
  if (aside === null && standing) return done(standing)
  requireLate(it)
  if (aside === null) return conflict('what it brought back is neither in the trash nor in its place')
  if (staging !== null && (await discard(it)) === 'refused') return conflict(LEFT)
  const come = staging === null ? standing : await statOrNull(it.at) // it may have come until it was discarded
  return come && (await isCopy(it, come, aside)) ? takeAway(it, come) : ABORTED
}

interface Aside {
  readonly id: string
  readonly stat: Stat
}

async function asideOf({ at, row: { undoes, aside } }: Case): Promise<Aside | null> {
  const id = aside ?? (undoes === null ? null : changeId(undoes))
  const stat = id === null ? null : await inTrash(at.backend, id)
  return id === null || stat === null ? null : { id, stat }
}

/** By the content where the etags differ: some storages give each copy another one, as S3 does with keys of KMS. */
async function isCopy(it: Case, come: Stat, aside: Aside): Promise<boolean> {
  if (isSame(it, come, aside.stat)) return true
  if (come.kind !== 'file' || aside.stat.kind !== 'file' || come.size !== aside.stat.size) return false
  const { trash } = it.at.backend
  return trash !== undefined && isThis(it, come, await it.versions.put(trash.contents.read(join(ROOT, aside.id), { reuse: true }), { onlyHash: true }))
}

function requireLate({ mayStillCome, row }: Case): void {
  if (mayStillCome) throw new VfsError('OUTCOME_UNKNOWN', 'its process ended, and what it asked the storage for may still take effect', { path: row.shown })
}

async function isBefore(it: Case, standing: Stat | null): Promise<boolean> {
  const before = beforeOf(it.row)
  if (before === null || standing === null) return before === standing
  if (await it.at.backend.matches(it.at.path, before.etag)) return true
  return (before.cid !== undefined && (await isThis(it, standing, before))) || isKept(it)
}

/** What was put aside by a link, which moves its ctime, and stands there still: it has not been replaced. */
async function isKept({ at, row }: Case): Promise<boolean> {
  const aside = await inTrash(at.backend, changeId(row.seq))
  return aside !== null && at.backend.matches(at.path, aside.etag)
}

async function isAfter(it: Case, standing: Stat): Promise<boolean> {
  const foreseen = foreseenOf(it.row)
  return foreseen !== null && isThis(it, standing, foreseen)
}

/** By the content where it is known; the etag of what was to come is not. */
async function isThis({ at, versions }: Case, standing: Stat, wanted: Partial<Snapshot>): Promise<boolean> {
  if (wanted.kind !== undefined && wanted.kind !== standing.kind) return false
  if (wanted.size !== undefined && wanted.size !== standing.size) return false
  if (wanted.cid === undefined) return wanted.size !== undefined
  const cid = standing.cid ?? (await versions.put(at.backend.read(at.path, { ifMatch: standing.etag, reuse: true }), { onlyHash: true })).cid
  return cid === wanted.cid
}

async function inTrash({ trash }: Backend, id: string): Promise<Stat | null> {
  return trash ? orNull(trash.contents.stat(join(ROOT, id)), 'VERSION_NOT_FOUND') : null
}

const statOrNull = ({ backend, path }: Spot): Promise<Stat | null> => orNull(backend.stat(path, { fresh: true }))

async function orNull(stat: Promise<Stat>, ...gone: readonly ErrorCode[]): Promise<Stat | null> {
  try {
    return await stat
  } catch (error) {
    if (isCode(error, 'NOT_FOUND', 'NOT_DIRECTORY', ...gone)) return null
    throw error
  }
}

const snapshot = ({ kind, etag, size, cid, mode }: Stat, known: Partial<Snapshot> | null | undefined): Snapshot => ({
  kind,
  etag,
  size,
  cid: cid ?? known?.cid,
  mode,
})

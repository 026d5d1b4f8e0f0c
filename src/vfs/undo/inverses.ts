import { VfsError } from '../../core/error.ts'
import type { ChangeId, ChangeRecord, Snapshot } from '../../journal/types.ts'
import type { Changes } from '../change.ts'
import type { Folders } from '../folders.ts'
import type { Cause } from '../step.ts'
import { statOrNull, type Target } from '../target.ts'
import type { Versions } from '../versions.ts'
import type { Served } from './served.ts'

const NAMED = 20 // parts that a reason names; the rest is a count

/** What is to be replaced by what stood there before. */
interface Standing {
  readonly target: Target
  readonly etag: string
  readonly ifMatch: string | undefined
}

/** Does the opposite of a change, by the same journaled changes that everything else uses (journal.md, 17). */
export class Inverses {
  readonly #served: Served
  readonly #changes: Changes
  readonly #versions: Versions
  readonly #folders: Folders

  constructor(served: Served, changes: Changes, versions: Versions, folders: Folders) {
    this.#folders = folders
    this.#served = served
    this.#changes = changes
    this.#versions = versions
  }

  /** Takes back the finished parts of a change that failed, the newest first. */
  readonly takeBack = async (change: ChangeId, cause: Cause): Promise<{ readonly complete: boolean; readonly reason: string }> => {
    const failed: string[] = []
    let more = 0
    await this.#changes.journal.caughtUp()
    for (const part of this.#changes.journal.parts(change, { newestFirst: true })) {
      if (part.state !== 'done' || part.undoneBy !== null || this.#takesBack(part, change)) continue
      try {
        await this.of(part, { ...cause, undoes: part.change })
      } catch (error) {
        if (failed.length < NAMED) failed.push(`${part.place.shown}: ${error instanceof VfsError ? error.message : 'failed'}`)
        else more++
      }
    }
    return { complete: failed.length === 0, reason: [...failed, ...(more > 0 ? [`and ${more} more`] : [])].join('; ') }
  }

  readonly takeBackOne = async (change: ChangeId, cause: Cause): Promise<void> => {
    await this.#changes.journal.caughtUp()
    const record = this.#changes.journal.get(change)
    if (record) await this.of(record, { ...cause, undoes: change })
  }

  /** Its own effect first, then the parts on which it stood: the folders that were made for it, when it was made again too. */
  async of(record: ChangeRecord, cause: Cause, told?: () => void): Promise<void> {
    const standing = record.partsOnly ? record : (this.#changes.journal.standsBy(record.change) ?? record)
    if (!record.partsOnly) await this.#ofEffect(record, standing, cause).then(told)
    for (const change of new Set([standing.change, record.change]))
      for (const part of this.#changes.journal.parts(change, { newestFirst: true }))
        if (part.state === 'done' && (await this.stands(part))) await this.of(part, { ...cause, undoes: part.change }, told)
  }

  /** What was undone when it was read stands again if its undoing has been taken back since. */
  async stands({ change, undoneBy }: ChangeRecord): Promise<boolean> {
    if (undoneBy === null) return true
    await this.#changes.journal.caughtUp()
    return this.#changes.journal.get(change)?.undoneBy === null
  }

  /** True for a part that is there to take back another part of the same change. */
  #takesBack({ undoes }: ChangeRecord, whole: ChangeId): boolean {
    return undoes !== null && this.#changes.journal.get(undoes)?.parent === whole
  }

  /** Of the change by which it stands now, which the journal then tells as undone; a folder that was made goes as one that was made, whoever has brought it back. */
  async #ofEffect(made: ChangeRecord, record: ChangeRecord, why: Cause): Promise<void> {
    const cause = { ...why, undoes: record.change }
    const target = await this.#served.target(record.place, cause.signal)
    if (made.kind === 'mkdir') return this.#removeEmpty(target, cause)
    if (record.after === null) return this.#bringBack(target, record.change, cause)
    if (record.from && record.kind === 'move') return this.#moveBack(target, await this.#served.target(record.from, cause.signal), cause)
    const etag = (await this.#versions.standing(target, record, record.after, cause)) ?? record.after.etag
    const ifMatch = record.after.kind === 'file' ? etag : undefined
    if (record.before === null) return void (await this.#changes.remove(target, cause, { ifMatch }))
    await this.#putBack(record, record.before, { target, etag, ifMatch }, cause)
  }

  async #bringBack(target: Target, removal: ChangeId, cause: Cause): Promise<void> {
    await this.#changes.bringBack(target, removal, cause, await this.#missingAbove(target, cause))
  }

  async #moveBack(from: Target, to: Target, cause: Cause): Promise<void> {
    await this.#changes.rename(from, to, cause, undefined, await this.#missingAbove(to, cause))
  }

  /** Folders that somebody else had made, and whose making counts as nothing in this undo. */
  async #missingAbove(target: Target, { signal }: Cause): Promise<Target[]> {
    return target.mount.backend.capabilities.empty_folders ? this.#folders.missingAbove(target, signal) : []
  }

  /** By its CID where the storage has it still, else by its content. */
  async #putBack(record: ChangeRecord, before: Snapshot, { target, etag, ifMatch }: Standing, cause: Cause): Promise<void> {
    const kept = await this.#versions.taken(record)
    const { by_cid, content_addressed } = target.mount.backend.capabilities
    const isThere = content_addressed || record.kept?.in === 'trash' || before.kind === 'directory'
    if (by_cid && kept.cid !== null && isThere) return void (await this.#changes.graft(target, kept.cid, cause, { ifMatch: etag }))
    const { metadata, headers } = kept
    const source = kept.read({ reuse: target.mount.backend.usesUp })
    await this.#changes.write(target, source, cause, { ifMatch, mode: before.mode, metadata, headers })
  }

  /** A folder that holds something by now stays. */
  async #removeEmpty(target: Target, cause: Cause): Promise<void> {
    if ((await isGone(target, cause.signal)) || !(await isEmpty(target, cause.signal))) return
    await this.#changes.remove(target, cause, {}, async () => {
      if (!(await isEmpty(target, cause.signal))) throw inUse(target)
    })
  }
}

/** Alone the making of a folder is undone by its removal, or not at all; among others it may stay, or be gone already. */
export async function removing(target: Target, signal: AbortSignal | undefined, work: () => Promise<void>): Promise<void> {
  const { shown: path } = target.place
  if (await isGone(target, signal)) throw new VfsError('CONFLICT', `${path} is not there any more`, { op: 'undo', path })
  await work()
  if (!(await isGone(target, signal))) throw inUse(target)
}

const isGone = async (target: Target, signal: AbortSignal | undefined): Promise<boolean> => (await statOrNull(target, signal)) === null

const inUse = ({ place: { shown: path } }: Target): VfsError =>
  new VfsError('NOT_EMPTY', `${path} holds something by now`, { op: 'undo', path, hint: 'Undo or remove what it holds first.' })

async function isEmpty({ mount, inner }: Target, signal: AbortSignal | undefined): Promise<boolean> {
  let special = false
  for await (const _ of mount.backend.list(inner, { signal, onSpecial: () => (special = true) })) return false
  return !special
}

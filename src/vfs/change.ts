import type { Bytes, CopyOptions, Staging, Stat } from '../core/backend.ts'
import { afterwards } from '../core/effect.ts'
import { isCode, VfsError } from '../core/error.ts'
import type { VfsPath } from '../core/path.ts'
import type { ChangeId, Journal, Snapshot, VersionStore } from '../journal/types.ts'
import { holds, lyingUnder, notKept } from './aside.ts'
import { graft, type GraftWish } from './graft.ts'
import { expect, type Expectation } from './precondition.ts'
import type { Cause, NewFolder, Steps } from './step.ts'
import { snapshot, statOrNull, type Target } from './target.ts'
import type { Changed } from './types.ts'
import { Writes, type WriteWish } from './write.ts'

/** The changes of one path in one storage. Larger ones are made of these. */
export class Changes {
  readonly #writes: Writes

  readonly #steps: Steps
  readonly #versions: VersionStore

  constructor(steps: Steps, versions: VersionStore) {
    this.#steps = steps
    this.#versions = versions
    this.#writes = new Writes(steps, versions)
  }

  get journal(): Journal {
    return this.#steps.journal
  }

  write(target: Target, source: Bytes, cause: Cause, wish: WriteWish): Promise<Changed> {
    return this.#writes.write(target, source, cause, wish)
  }

  /** Where the storage takes content by its CID. */
  graft(target: Target, cid: string, cause: Cause, wish: GraftWish): Promise<Changed> {
    return graft({ steps: this.#steps, versions: this.#versions }, target, cid, cause, wish)
  }

  mkdir(target: Target, cause: Cause, folder?: NewFolder): Promise<Changed> {
    return this.#steps.mkdir(target, cause, folder)
  }

  /** Puts a file or a whole folder into the trash, in one step. `still` is given for a folder that has to be empty, and asked once more when nobody else can change what lies there. */
  async remove(target: Target, cause: Cause, expectation: Expectation, still?: () => Promise<void>): Promise<Changed> {
    const before = await target.mount.backend.stat(target.inner, { signal: cause.signal })
    await expect('remove', target, before, expectation, cause.signal)
    if (target.mount.versions === 'off') return this.#erase(target, cause, before, still)
    const { trash } = target.mount.backend
    if (!trash) throw new VfsError('NOT_UNDOABLE', `${target.mount.name} has no trash for ${target.place.shown}`, { op: 'remove', path: target.place.shown })
    return this.#steps.run('remove', target, cause, { before: whatStood(target, before), kept: { in: 'trash', etag: before.etag } }, async (change) => {
      await still?.()
      await trash.put(target.inner, change.id, { ifMatch: exactly(target, before), signal: cause.signal })
      return { stat: null, bytes: 0 }
    })
  }

  /** Brings back what a removal put into the trash, to where nothing stands. */
  async bringBack(target: Target, removal: ChangeId, cause: Cause, parents?: readonly Target[]): Promise<Changed> {
    const { trash } = target.mount.backend
    if (!trash) throw new VfsError('VOLUME_CHANGED', `${target.mount.name} has no trash`, { op: 'undo', path: target.place.shown })
    const was = this.journal.get(removal)?.before
    const id = (await lyingUnder(this.journal, trash, removal)) ?? removal
    const after = was ? { kind: was.kind, size: was.size } : undefined
    return this.#steps.run('undo', target, cause, { before: null, after, parents }, async (change) => {
      if (id !== removal) await change.note({ aside: id })
      const staging: Staging = (name) => change.note({ staging: name })
      const stat = await trash.back(id, target.inner, { staging, signal: cause.signal }).catch(async (error: unknown) => {
        throw isCode(error, 'NOT_FOUND') && !(await holds(trash, id)) ? notKept(target.place.shown, removal, 'it is kept no longer') : error
      })
      return { stat, bytes: stat.size }
    })
  }

  /** Moves a file or folder inside one backend, to where nothing stands. */
  async rename(from: Target, to: Target, cause: Cause, ifMatch?: string, parents?: readonly Target[]): Promise<Changed> {
    const before = await from.mount.backend.stat(from.inner, { signal: cause.signal })
    await expect('move', from, before, { ifMatch }, cause.signal)
    return this.#steps.run('move', to, cause, { before: null, from: from.place, after: snapshot(before), parents }, async () => {
      await from.mount.backend.rename(from.inner, to.inner, { ifMatch: exactly(from, before), signal: cause.signal })
      return { stat: (await afterwards(() => statOrNull(to), { path: to.place.shown })) ?? before, bytes: 0 }
    })
  }

  /** Copies one file inside one backend, or from another one of its realm, to where nothing stands. */
  async copyInside(
    from: Pick<CopyOptions, 'of'> & { readonly inner: VfsPath; readonly stat: Pick<Stat, 'size' | 'cid' | 'etag'> },
    to: Target,
    cause: Cause,
    parents?: readonly Target[],
  ): Promise<Changed> {
    const { size, cid, etag } = from.stat
    return this.#steps.run('copy', to, cause, { before: null, after: { kind: 'file', size, cid }, parents }, async (change) => {
      const staging: Staging = (name) => change.note({ staging: name })
      const stat = await to.mount.backend.copy(from.inner, to.inner, { id: change.id, of: from.of, ifMatch: etag, staging, signal: cause.signal })
      return { stat, bytes: stat.size }
    })
  }

  /** For mounts that keep no versions, by a person's choice. */
  #erase(target: Target, cause: Cause, before: Stat, still?: () => Promise<void>): Promise<Changed> {
    return this.#steps.run('remove', target, cause, { before: whatStood(target, before) }, async () => {
      await still?.()
      const recursive = still === undefined
      const erased = target.mount.backend.remove(target.inner, { recursive, ifMatch: exactly(target, before), signal: cause.signal })
      await (recursive && before.kind === 'directory' && !target.link ? erased.catch((error: unknown) => stopped(target, error)) : erased)
      return { stat: null, bytes: 0 }
    })
  }
}

/** Nobody knows how much of a folder is gone for good, unless it was refused as a whole. */
function stopped({ place }: Target, error: unknown): never {
  if (isCode(error, 'DENIED', 'INVALID_ARGUMENT', 'NOT_FOUND', 'READ_ONLY')) throw error
  const reason = error instanceof VfsError ? `: ${error.message}` : ''
  throw new VfsError('PARTIAL', `removal of ${place.shown} stopped half way, and some of it may be gone${reason}`, {
    op: 'remove',
    path: place.shown,
    cause: error,
  })
}

/** A folder's etag says nothing of what lies below, and that of what a link leads to nothing of the link: they are no precondition. */
const exactly = ({ link }: Target, stat: Stat): string | undefined => (stat.kind === 'directory' || link ? undefined : stat.etag)

const whatStood = ({ link }: Target, stat: Stat): Snapshot => ({ ...snapshot(stat), ...(link && { kind: 'link', size: 0 }) })

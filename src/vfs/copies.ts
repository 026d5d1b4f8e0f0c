import { cidOfContent } from '../content/hashing.ts'
import { UnavailableBackend } from '../layers/unavailable.ts'
import { isCode, throwIfAborted, VfsError } from '../core/error.ts'
import type { Bytes, Metadata, Stat } from '../core/backend.ts'
import { bytesOf } from '../core/bytes.ts'
import type { VfsPath } from '../core/path.ts'
import type { ChangeId, ChangeRecord } from '../journal/types.ts'
import type { Changes } from './change.ts'
import { refuseOntoItself } from './clash.ts'
import type { Folders } from './folders.ts'
import { group, type TakeBack } from './group.ts'
import { forEachOf } from './pool.ts'
import type { Cause } from './step.ts'
import { StoredTogether } from './stored-together.ts'
import { statOrNull, type Target, type Targets } from './target.ts'
import { copyFile, verify } from './transfer/file.ts'
import { Meter } from './transfer/meter.ts'
import type { Key } from './transfer/places.ts'
import { requireMetadata } from './write.ts'
import type { Changed, Copies, Copy, Failure, Stored, VfsCall, WriteCall } from './types.ts'

const AT_ONCE = 4 // storages that are written at the same time

export interface Surroundings {
  readonly changes: Changes
  readonly targets: Targets
  readonly folders: Folders
  readonly takeBack: TakeBack
  takeBackOne(change: ChangeId, cause: Cause): Promise<void>
}

/** What is copied. */
type Source = Target & Pick<Changed, 'stat'> & { readonly metadata?: Metadata | undefined }

/** Files that stand in several storages. What the journal says of the newest change of each place is all that is known of them, so nothing can be out of date. */
export class StoredCopies implements Copies {
  readonly #vfs: Surroundings
  readonly #together: StoredTogether

  constructor(vfs: Surroundings) {
    this.#vfs = vfs
    this.#together = new StoredTogether(vfs.changes.journal)
  }

  async store(path: VfsPath, others: readonly VfsPath[], content: Bytes | Uint8Array, call: WriteCall): Promise<Stored> {
    const { changes, targets, folders, takeBack } = this.#vfs
    const { actor, signal, ifMatch, ifNoneMatch, metadata } = call
    const target = await targets.writable('write', path, signal)
    for (const each of [target, ...(await this.#reachable(others, signal))]) requireMetadata(each, { metadata })
    const failed: Failure[] = []
    const heldBy = new Set([path])
    const stored = await group(changes, takeBack, { kind: 'write', target, cause: { actor, signal } }, async (cause, change) => {
      const source = content instanceof Uint8Array ? bytesOf(content) : content
      const written = await changes.write(target, source, cause, { ifMatch, ifNoneMatch, metadata, parents: await folders.missingAbove(target, signal) })
      await forEachOf(others, AT_ONCE, (other) =>
        this.#copy({ ...target, stat: written.stat, metadata }, other, cause).then(
          () => void heldBy.add(other),
          (error: unknown) => void failed.push(failureOf(other, error, signal)),
        ),
      )
      return { ...written, change }
    })
    return { ...stored, heldBy: [path, ...others].filter((each) => heldBy.has(each)), failed }
  }

  async of(path: VfsPath, { signal }: VfsCall): Promise<readonly Copy[]> {
    const place = await this.#placeOf(path, signal)
    return this.#together.others(place).map(copyOf)
  }

  async ofUnopened(name: string, inner: VfsPath, path: VfsPath, { signal }: VfsCall): Promise<readonly Copy[]> {
    const { changes, targets } = this.#vfs
    const mounts = [...targets.table.all()].filter((mount) => mount.name === name && mount.storage instanceof UnavailableBackend)
    await changes.journal.caughtUp()
    for (const shown of [...mounts.flatMap((mount) => mount.outer(inner) ?? []), path]) {
      targets.policy.check('read', shown)
      const place = await changes.journal.placed(shown, { signal })
      if (place) return this.#together.others(place).map(copyOf)
    }
    return []
  }

  async stored(path: VfsPath, call: VfsCall): Promise<Copy | undefined> {
    const newest = this.#together.last(await this.#placeOf(path, call.signal))
    const stored = newest && { ...copyOf(newest), path }
    return stored && (await this.holds(stored, call)) ? stored : undefined
  }

  async holds({ path, etag }: Pick<Copy, 'path' | 'etag'>, { signal }: VfsCall): Promise<boolean> {
    const { mount, inner } = await this.#vfs.targets.readable('read', path, signal)
    return mount.backend.matches(inner, etag, { signal })
  }

  /** A storage that names its content by the CID has compared it already, and may cut it in another way. */
  async check({ path, cid }: Copy, found: string, { signal }: VfsCall): Promise<void> {
    const { mount } = await this.#vfs.targets.readable('read', path, signal)
    if (found === cid || mount.backend.capabilities.content_addressed) return
    throw new VfsError('CONTENT_DAMAGED', `${path} holds other bytes than were stored there`, { op: 'read', path })
  }

  async repair(path: VfsPath, from: VfsPath, call: VfsCall): Promise<Changed> {
    const { changes, targets } = this.#vfs
    const [source, target] = [await this.#source(from, call.signal), await targets.writable('write', path, call.signal)]
    const cause = { actor: call.actor, signal: call.signal }
    return group(changes, this.#unlessAside, { kind: 'write', target, from: source.place, cause }, async (inside, change) => {
      const damaged = await statOrNull(target, call.signal)
      if (damaged) await this.#putAside(target, path, damaged, inside)
      return { ...(await this.#copy(source, path, inside)), change }
    })
  }

  /** What is damaged does not come back: it would be taken for something that somebody else has put there, and served. */
  readonly #unlessAside: TakeBack = async (change, cause) => {
    await this.#vfs.changes.journal.caughtUp()
    const isAside = this.#vfs.changes.journal.parts(change).some(({ kind, state }) => kind === 'remove' && state === 'done')
    return isAside ? { complete: false, reason: 'what was damaged stays in the trash; the next retrieval puts it right' } : this.#vfs.takeBack(change, cause)
  }

  /** As it is: what is damaged is kept by moving it, since it cannot be read. */
  async #putAside(target: Target, path: VfsPath, { etag }: Pick<Stat, 'etag'>, cause: Cause): Promise<void> {
    const stored = await this.stored(path, cause)
    if (!stored) throw new VfsError('CONFLICT', `${path} is not what was stored there`, { op: 'write', path })
    if (!(await isDamaged(target, { cid: stored.cid, etag }, cause))) throw new VfsError('CONFLICT', `${path} is whole`, { op: 'write', path })
    await this.#vfs.changes.remove(target, cause, { ifMatch: etag })
  }

  async remove(path: VfsPath, others: readonly Copy[], call: VfsCall & { readonly ifMatch?: string | undefined }): Promise<Changed> {
    const { changes, targets, takeBack } = this.#vfs
    const { actor, signal, ifMatch } = call
    const target = await targets.named('remove', path, signal)
    return group(changes, takeBack, { kind: 'remove', target, cause: { actor, signal } }, async (cause, change) => {
      const removed = await changes.remove(target, cause, { ifMatch })
      for (const copy of others) await this.#removeCopy(copy, cause)
      return { ...removed, change }
    })
  }

  /** What somebody else has put in its place, or taken away, is no copy any more. */
  async #removeCopy({ path, etag }: Copy, cause: Cause): Promise<void> {
    const target = await this.#vfs.targets.named('remove', path, cause.signal)
    const standing = await statOrNull(target, cause.signal)
    if (standing?.kind !== 'file' || !(await target.mount.backend.matches(target.inner, etag, { signal: cause.signal }))) return
    await this.#vfs.changes.remove(target, cause, { ifMatch: standing.etag })
  }

  /** The others fail when their turn comes. */
  async #reachable(paths: readonly VfsPath[], signal: AbortSignal | undefined): Promise<Target[]> {
    const found = await Promise.allSettled(paths.map((path) => this.#vfs.targets.writable('write', path, signal)))
    return found.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
  }

  async #placeOf(path: VfsPath, signal: AbortSignal | undefined): Promise<Key> {
    const { mount, inner } = await this.#vfs.targets.readable('read', path, signal)
    await this.#vfs.changes.journal.caughtUp()
    return { volume: mount.backend.volume, inner: await mount.backend.locate(inner, { signal }).catch(() => inner as string) }
  }

  async #source(path: VfsPath, signal: AbortSignal | undefined): Promise<Source> {
    const { mount, inner } = await this.#vfs.targets.readable('read', path, signal)
    const place = { volume: mount.backend.volume, inner: await mount.backend.locate(inner, { signal }), shown: path }
    const stat = await mount.backend.stat(inner, { signal })
    return { mount, inner, place, stat, metadata: stat.metadata }
  }

  /** Read back where the storage does not check what it gets; what is not as it was written is taken back. */
  async #copy({ stat, metadata, ...from }: Source, path: VfsPath, cause: Cause): Promise<Changed> {
    const { changes, targets, folders } = this.#vfs
    const to = await targets.writable('write', path, cause.signal)
    refuseOntoItself('write', from, to)
    const standing = await statOrNull(to, cause.signal)
    if (stat?.kind !== 'file') throw new VfsError('IS_DIRECTORY', `${from.place.shown} is no file`, { op: 'write', path: from.place.shown })
    const parents = standing ? [] : await folders.missingAbove(to, cause.signal)
    const kept = to.mount.backend.capabilities.metadata ? metadata : undefined
    const piece = { from: { path: from.place.shown, mount: from.mount, inner: from.inner, place: from.place, stat }, to, standing, metadata: kept, parents }
    const done = await copyFile(changes, piece, cause, new Meter(undefined))
    await verify(to, done, cause).catch(async (error: unknown) => {
      if (done.change) await this.#vfs.takeBackOne(done.change, { actor: cause.actor, parent: cause.parent })
      throw error
    })
    return done
  }
}

const copyOf = ({ place, after }: ChangeRecord): Copy => ({ path: place.shown, etag: after?.etag ?? '', cid: after?.cid ?? '' })

/** By its bytes alone: an error of reading is none of them, unless the storage itself has compared them. */
async function isDamaged({ mount: { backend }, inner }: Target, { etag, cid }: Omit<Copy, 'path'>, { signal }: VfsCall): Promise<boolean> {
  if (backend.capabilities.content_addressed) return false // it compares by itself, and may cut it in another way
  try {
    return (await cidOfContent(backend.read(inner, { ifMatch: etag, signal, fresh: true, reuse: true }))) !== cid
  } catch (error) {
    if (isCode(error, 'CONTENT_DAMAGED')) return true
    throw error
  }
}

function failureOf(path: VfsPath, error: unknown, signal: AbortSignal | undefined): Failure {
  throwIfAborted(signal, 'write')
  if (!(error instanceof VfsError) || error.code === 'INTERNAL') throw error
  return { path, code: error.code, message: error.message }
}

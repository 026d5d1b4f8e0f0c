import { bytesOf } from '../core/bytes.ts'
import type { Call, Trash } from '../core/backend.ts'
import { VfsError } from '../core/error.ts'
import { join, ROOT, under, within, type VfsPath } from '../core/path.ts'
import type { ChangeId, ChangeRecord, Journal, PartsOrder, Place, Snapshot, VersionStore } from '../journal/types.ts'
import { lyingUnder, notKept } from './aside.ts'
import type { Mount } from './mounts.ts'
import type { Cause } from './step.ts'
import { aboutOf, statOrNull, type Target, type Targets } from './target.ts'
import type { Version, VfsCall } from './types.ts'

type Key = Pick<Place, 'volume' | 'inner'>
type Content = Omit<Version, 'change' | 'at'>

const PAGE = 100

/** True for the place itself, and for a folder above it. */
const isAt = (place: Key, key: Key): boolean => place.volume === key.volume && within(place.inner as VfsPath, key.inner as VfsPath)

/** What the journal knows of a path, and the contents that are still kept of it. */
export class Versions {
  readonly #targets: Targets
  readonly #journal: Journal
  readonly #store: VersionStore

  constructor(targets: Targets, journal: Journal, store: VersionStore) {
    this.#targets = targets
    this.#journal = journal
    this.#store = store
  }

  async history(path: VfsPath, call: VfsCall & { readonly before?: number | undefined; readonly limit: number }): Promise<ChangeRecord[]> {
    const places = await this.places('history', path, call)
    await this.#journal.caughtUp()
    const found = new Map(places.flatMap((place) => this.#historyOf(place, call)).map((record) => [record.change, record])) // one of two mounts counts once
    return [...found.values()].toSorted((a, b) => b.seq - a.seq).slice(0, call.limit)
  }

  #historyOf(place: Key, { before, limit }: { readonly before?: number | undefined; readonly limit: number }): ChangeRecord[] {
    const found: ChangeRecord[] = []
    for (let from = before; found.length < limit;) {
      const page = this.#journal.history({ place, before: from, limit })
      found.push(...page.flatMap((record) => this.#asShown(record)))
      if (page.length < limit) break
      from = page.at(-1)?.seq
    }
    return found
  }

  /** As its paths are called here and now; nothing of one that is hidden here, or that only other gateways serve. */
  #asShown(record: ChangeRecord): ChangeRecord[] {
    const shown = this.#targets.shown(record.place)
    const from = record.from && this.#targets.shown(record.from)
    if (shown === undefined) return []
    return [{ ...record, place: { ...record.place, shown }, from: record.from && from ? { ...record.from, shown: from } : null }]
  }

  /** What a change left at the path; of a removal, what it took away. Rejects CHANGE_NOT_FOUND, VERSION_NOT_FOUND. */
  async version(path: VfsPath, change: ChangeId, call: VfsCall & { readonly replaced?: boolean | undefined }): Promise<Version> {
    await this.#journal.caughtUp()
    const record = this.#journal.get(change)
    if (!record) throw new VfsError('CHANGE_NOT_FOUND', `there is no change ${change}`, { op: 'version', path })
    const key = await this.#place('version', path, call.signal)
    if (!isAt(record.place, key)) throw notKept(path, change, 'it is of another path')
    const leaf = this.#leaves(record, { newestFirst: !call.replaced }).find(({ place }) => isAt(place, key))
    if (!leaf) throw notKept(path, change, 'it left this path alone')
    const found = call.replaced || leaf.kind === 'remove' ? await this.#taken(path, key, leaf) : await this.#left(path, key, leaf, call)
    return { ...found, change, at: record.at }
  }

  /** The changes with an effect of their own that it is made of. */
  *#leaves(record: ChangeRecord, order: PartsOrder): Generator<ChangeRecord, undefined> {
    if (!record.partsOnly) yield record
    else for (const part of this.#journal.parts(record.change, order)) yield* this.#leaves(part, order)
  }

  /** What a change replaced, read from where it is kept. `key` may lie below the change's place, if a folder was removed. */
  async taken(record: ChangeRecord, key: Key = record.place): Promise<Content> {
    const { kept } = record
    if (kept === null) throw notKept(this.#nameOf(record), record.change, 'what it replaced is not kept')
    if (kept.in === 'trash') return this.#fromTrash(record, key)
    const { size = 0, mode, kind, metadata, headers } = record.before ?? {}
    const said = { size, mode, metadata, headers }
    if (kind === 'directory' && key.inner !== record.place.inner)
      throw notKept(this.#nameOf(record), record.change, 'it is kept as a part of its folder, which undo brings back')
    if (kept.in === 'content') return { ...said, cid: kept.cid, read: (range = {}) => this.#store.read(kept.cid, range) }
    const content = this.#journal.content(kept.cid)
    if (!content) throw notKept(this.#nameOf(record), record.change, 'it is kept no longer')
    return { ...said, cid: kept.cid, read: ({ offset = 0, length = Infinity } = {}) => bytesOf(content.subarray(offset, offset + length)) }
  }

  /**
   * The etag of what stands there, if it is what a change left: also where the undo of a later change has put that back. Where nobody
   * knows its CID that counts which the undo that asks (`parent`) has put there itself.
   */
  async standing(target: Target, record: ChangeRecord, after: Snapshot, { signal, parent }: Pick<Cause, 'signal' | 'parent'>): Promise<string | undefined> {
    const { backend } = target.mount
    const now = await statOrNull(target, signal)
    if (now === null) return undefined
    if (await backend.matches(target.inner, after.etag, { signal })) return after.etag
    const wanted = after.cid ?? this.#cidWhenReplaced(record, after)
    if (wanted === undefined) return (await this.#isPutBy(parent, target, signal)) ? now.etag : undefined
    if (now.kind !== after.kind || now.size !== after.size) return undefined
    const cid = now.cid ?? (await this.#store.put(backend.read(target.inner, { ifMatch: now.etag, reuse: true, signal }), { onlyHash: true, signal })).cid
    return cid === wanted ? now.etag : undefined
  }

  /** True if the newest change of the path is a part of this one, and what that left still stands, as far as its etag is known: of what came with its folder it is not. */
  async #isPutBy(change: ChangeId | undefined, { mount, inner, place }: Target, signal: AbortSignal | undefined): Promise<boolean> {
    if (change === undefined) return false
    await this.#journal.caughtUp()
    const [newest] = this.#journal.history({ place, parts: true, states: ['done', 'conflict'], limit: 1 })
    if (newest?.parent !== change || newest.after === null) return false
    return newest.place.inner !== place.inner || (await mount.backend.matches(inner, newest.after.etag, { signal }))
  }

  /** Of what a storage has copied by itself only who replaced it knows the CID. */
  #cidWhenReplaced({ place, seq }: ChangeRecord, { etag }: Snapshot): string | undefined {
    const next = this.#next(place, seq)
    return next?.before?.etag === etag && next.kept && 'cid' in next.kept ? next.kept.cid : undefined
  }

  async #taken(path: VfsPath, key: Key, record: ChangeRecord): Promise<Content> {
    if (record.before === null) throw notKept(path, record.change, 'nothing stood there before')
    return this.taken(record, key)
  }

  /** A content is kept when it is replaced: so it is what the next change took away, if that found it, or it still stands there. */
  async #left(path: VfsPath, key: Key, { change, seq, place, after }: ChangeRecord, call: VfsCall): Promise<Content> {
    if (after === null) throw notKept(path, change, 'it did not take place')
    if (place.inner !== key.inner) throw notKept(path, change, 'it carried a folder along, and does not know what lay in it')
    const next = this.#next(key, seq)
    if (next?.from && isAt(next.from, key)) throw notKept(path, change, `it was moved away by ${next.change}`)
    const found = next ? await this.#taken(path, key, next) : await this.#standing(path, after, call)
    if (found && (next === undefined || (await this.#isSame(found, next, after, call)))) return found
    throw notKept(path, change, 'other hands than ours replaced it since')
  }

  async #standing(path: VfsPath, after: Snapshot, call: VfsCall): Promise<Content | undefined> {
    const { mount, inner } = await this.#targets.readable('version', path, call.signal)
    const stat = await mount.backend.stat(inner, call)
    const { size, etag, mode } = stat
    if (!(await mount.backend.matches(inner, after.etag, call))) return undefined
    return {
      size,
      mode,
      ...aboutOf(stat, mount.backend),
      cid: after.cid ?? null,
      read: (range = {}) => mount.backend.read(inner, { ...range, ifMatch: etag, signal: call.signal }),
    }
  }

  /** True if what a later change took away is what this one had left, and not what a program outside has put there between the two. */
  async #isSame(taken: Content, { before }: ChangeRecord, after: Snapshot, { signal }: VfsCall): Promise<boolean> {
    if (before?.etag === after.etag) return true
    if (after.cid === undefined) return taken.size === after.size
    const cid = taken.cid ?? (taken.size === after.size ? (await this.#store.put(taken.read({ reuse: true }), { onlyHash: true, signal })).cid : null)
    return cid === after.cid
  }

  /** The oldest later change of what stood at the place. */
  #next(key: Key, after: number): ChangeRecord | undefined {
    let found: ChangeRecord | undefined
    for (let before: number | undefined; ;) {
      const page = this.#journal.history({ place: key, before, after, states: ['done', 'conflict'], parts: true, limit: PAGE })
      found = page.findLast((each) => !each.partsOnly && (isAt(each.place, key) || (each.from !== null && isAt(each.from, key)))) ?? found
      before = page.at(-1)?.seq
      if (page.length < PAGE) return found
    }
  }

  async #fromTrash(record: ChangeRecord, key: Key): Promise<Content> {
    const served = this.#targets.table.resolve(record.place.volume, record.place.inner)
    const trash = served?.backend.trash
    if (!trash) throw new VfsError('VOLUME_CHANGED', `the storage of change ${record.change} is not mounted`, { op: 'version', path: this.#nameOf(record) })
    const { contents } = trash
    const id = record.kind === 'remove' ? await this.#removed(record, trash) : record.change
    const inside = under(join(ROOT, id), (key.inner.slice(record.place.inner.length) as VfsPath) || ROOT)
    const stat = await contents.stat(inside)
    if (record.kind !== 'remove' && record.kept?.in === 'trash' && record.kept.etag !== stat.etag)
      throw new VfsError('VERSION_CHANGED', `the kept content of ${this.#nameOf(record)} (change ${record.change}) was changed`, {
        op: 'version',
        path: this.#nameOf(record),
      })
    return {
      size: stat.size,
      mode: stat.mode,
      ...aboutOf(stat, served.backend),
      cid: record.before?.cid ?? null,
      read: (range = {}) => contents.read(inside, range),
    }
  }

  /** By the name of here, not that of the gateway that has changed it. */
  #nameOf({ place }: ChangeRecord): VfsPath {
    return this.#targets.shown(place) ?? place.shown
  }

  /** The id under which the trash holds what a removal took. */
  async #removed(record: ChangeRecord, trash: Trash): Promise<ChangeId> {
    const { change, undoneBy } = record
    const id = undoneBy === null ? await lyingUnder(this.#journal, trash, change) : undefined
    if (id === undefined) throw notKept(this.#nameOf(record), change, 'it was brought back')
    return id
  }

  /** Of the path, and of the mounts below it that pass; of one that cannot be reached nobody knows where it is. */
  async places(op: string, path: VfsPath, { signal, mounts = () => true }: Call & { readonly mounts?: (mount: Mount) => boolean }): Promise<Key[]> {
    const { table, policy } = this.#targets
    const below = [...table.all()].filter((mount) => mount.path !== path && within(path, mount.path) && !policy.denies(mount.path))
    const places = below.filter(mounts).map((mount) => this.#place(op, mount.path, signal).catch(() => undefined))
    const own = below.length > 0 && table.find(path) === undefined ? undefined : await this.#place(op, path, signal)
    return [own, ...(await Promise.all(places))].filter((place) => place !== undefined)
  }

  async #place(op: string, path: VfsPath, signal: AbortSignal | undefined): Promise<Key> {
    const { mount, inner } = await this.#targets.readable(op, path, signal)
    return { volume: mount.backend.volume, inner: await mount.backend.locate(inner, { signal }) }
  }
}

import type { Bytes, Range } from '../core/backend.ts'
import { bytesOf } from '../core/bytes.ts'
import { VfsError } from '../core/error.ts'
import { join, ROOT, under, within, type VfsPath } from '../core/path.ts'
import type { ChangeId, ChangeRecord, Journal, Place, VersionStore } from '../journal/types.ts'
import type { MountTable } from './mounts.ts'
import type { Targets } from './target.ts'
import type { Version, VfsCall } from './types.ts'

type Key = Pick<Place, 'volume' | 'inner'>

/** What the journal knows of a path, and the contents that are still kept of it. */
export class Versions {
  readonly #targets: Targets
  readonly #table: MountTable
  readonly #journal: Journal
  readonly #store: VersionStore

  constructor(targets: Targets, table: MountTable, journal: Journal, store: VersionStore) {
    this.#targets = targets
    this.#table = table
    this.#journal = journal
    this.#store = store
  }

  async history(path: VfsPath, call: VfsCall & { readonly before?: number | undefined; readonly limit: number }): Promise<ChangeRecord[]> {
    const place = await this.#key(path, call)
    await this.#journal.caughtUp()
    const found: ChangeRecord[] = []
    for (let { before } = call; found.length < call.limit;) {
      const page = this.#journal.history({ place, before, limit: call.limit })
      found.push(...page.flatMap((record) => this.#asShown(record)))
      if (page.length < call.limit) break
      before = page.at(-1)?.seq
    }
    return found.slice(0, call.limit)
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
    const key = await this.#key(path, call)
    if (record.place.volume !== key.volume || !within(record.place.inner as VfsPath, key.inner as VfsPath)) throw notKept(path, change, 'it is of another path')
    return call.replaced || record.kind === 'remove' ? this.#taken(path, key, record) : this.#left(path, key, record, call)
  }

  /** What a change replaced, read from where it is kept. `key` may lie below the change's place, if a folder was removed. */
  async taken(record: ChangeRecord, key: Key = record.place): Promise<{ readonly size: number; readonly cid: string | null; read(range?: Range): Bytes }> {
    const { kept } = record
    if (kept === null) throw notKept(record.place.shown, record.change, 'what it replaced was not kept')
    if (kept.in === 'trash') return this.#fromTrash(record, key)
    const size = record.before?.size ?? 0
    if (kept.in === 'content') return { size, cid: kept.cid, read: (range = {}) => this.#store.read(kept.cid, range) }
    const content = this.#journal.content(kept.cid)
    if (!content) throw notKept(record.place.shown, record.change, 'it is kept no longer')
    return { size, cid: kept.cid, read: ({ offset = 0, length = Infinity } = {}) => bytesOf(content.subarray(offset, offset + length)) }
  }

  async #taken(path: VfsPath, key: Key, record: ChangeRecord): Promise<Version> {
    if (record.before === null) throw notKept(path, record.change, 'nothing stood there before')
    return { change: record.change, at: record.at, ...(await this.taken(record, key)) }
  }

  /** A content is kept when it is replaced: so it is what the next change took away, or it still stands there. */
  async #left(path: VfsPath, key: Key, record: ChangeRecord, call: VfsCall): Promise<Version> {
    const next = this.#next(key, record)
    if (next) return { ...(await this.#taken(path, key, next)), change: record.change, at: record.at }
    const { mount, inner } = await this.#targets.readable('version', path, call.signal)
    const stat = await mount.backend.stat(inner, call)
    if (record.after && !(await mount.backend.matches(inner, record.after.etag, call)))
      throw notKept(path, record.change, 'other hands than ours replaced it since')
    return {
      change: record.change,
      at: record.at,
      size: stat.size,
      cid: record.after?.cid ?? null,
      read: (range = {}) => mount.backend.read(inner, { ...range, ifMatch: stat.etag, signal: call.signal }),
    }
  }

  /** The oldest change after this one that replaced what stood at the place. */
  #next(key: Key, record: ChangeRecord): ChangeRecord | undefined {
    let found: ChangeRecord | undefined
    for (let before: number | undefined; ; before = found?.seq) {
      const newer = this.#journal
        .history({ place: key, before, states: ['done'], parts: true, limit: 100 })
        .filter((each) => each.seq > record.seq && each.kept !== null && within(each.place.inner as VfsPath, key.inner as VfsPath))
      if (newer.length === 0) return found
      found = newer.at(-1)
    }
  }

  async #fromTrash(record: ChangeRecord, key: Key): Promise<{ readonly size: number; readonly cid: string | null; read(range?: Range): Bytes }> {
    const served = this.#table.resolve(record.place.volume, record.place.inner)
    const contents = served?.backend.trash?.contents
    if (!contents) throw new VfsError('VOLUME_CHANGED', `the storage of change ${record.change} is not mounted`, { op: 'version', path: record.place.shown })
    const inside = under(join(ROOT, record.change), (key.inner.slice(record.place.inner.length) as VfsPath) || ROOT)
    const stat = await contents.stat(inside)
    if (record.kind !== 'remove' && record.kept?.in === 'trash' && record.kept.etag !== stat.etag)
      throw new VfsError('VERSION_CHANGED', `the kept content of ${record.place.shown} (change ${record.change}) was changed`, {
        op: 'version',
        path: record.place.shown,
      })
    return { size: stat.size, cid: record.before?.cid ?? null, read: (range = {}) => contents.read(inside, range) }
  }

  async #key(path: VfsPath, { signal }: VfsCall): Promise<Key> {
    const { mount, inner } = await this.#targets.readable('history', path, signal)
    return { volume: mount.backend.volume, inner: await mount.backend.locate(inner, { signal }) }
  }
}

const notKept = (path: VfsPath, change: ChangeId, why: string): VfsError =>
  new VfsError('VERSION_NOT_FOUND', `no content of ${path} at change ${change}: ${why}`, { op: 'version', path, details: { change } })

import { collect } from '../core/bytes.ts'
import type { Backend, Bytes, Glance, Stat } from '../core/backend.ts'
import { isCode, VfsError } from '../core/error.ts'
import type { Kept, VersionStore } from '../journal/types.ts'
import { rawCid } from '../core/cid.ts'
import type { Target } from './target.ts'

export const IN_JOURNAL = 64 * 1024 // bytes; journal.md, 7
const BY_READING = 16 * 1024 * 1024 // bytes; journal.md, 8

/** What is kept of a content before it is replaced; `content` goes into the journal together with the intent. */
export interface Keeping {
  readonly kept?: Kept | undefined
  readonly content?: Uint8Array | undefined
  readonly cid?: string | undefined
}

/** For what is kept outside the journal: until it is disposed, collection leaves that alone. By then the journal has to name it. */
export const guardLarge = async (before: Stat | null, versions: VersionStore): Promise<AsyncDisposable | undefined> =>
  before !== null && before.size > IN_JOURNAL ? versions.guard() : undefined

/** Keeps contents that are cheap to keep before the change has an id; undefined if that takes `keepLarge`. */
export async function keepSmall(target: Target, standing: Glance | null, versions: VersionStore, signal?: AbortSignal): Promise<Keeping | undefined> {
  const { mount, inner } = target
  if (standing === null || mount.versions === 'off') return {}
  const before = standing.stat
  if (mount.backend.capabilities.content_addressed && before.cid !== undefined) return { kept: { in: 'content', cid: before.cid }, cid: before.cid }
  if (before.size > (keepsCheaply(mount.backend) ? IN_JOURNAL : BY_READING)) return undefined
  const source = (reuse: boolean): Bytes => mount.backend.read(inner, { ifMatch: before.etag, reuse, signal })
  if (before.size <= IN_JOURNAL) {
    const content = standing.content ?? (await collect(source(false), BY_READING))
    const cid = rawCid(content)
    if (isOtherwiseLaidOut(mount.backend, before, cid)) return undefined
    return { kept: { in: 'journal', cid }, content, cid }
  }
  const { cid } = await versions.put(source(true), { signal })
  return { kept: { in: 'content', cid }, cid }
}

/** True where the storage keeps a content without reading it. */
const keepsCheaply = ({ capabilities, trash }: Backend): boolean => capabilities.by_cid || trash?.versioned === true

/** True for what only its own CID brings back as it was. */
const isOtherwiseLaidOut = ({ capabilities }: Backend, before: Stat, cid: string): boolean =>
  capabilities.by_cid && before.cid !== undefined && before.cid !== cid

/** Keeps a large content under the change's id, without reading it where the storage can. Rejects NOT_UNDOABLE. */
export async function keepLarge(target: Target, before: Stat, id: string, versions: VersionStore, signal?: AbortSignal): Promise<Kept> {
  const { mount, inner, place } = target
  try {
    const { etag } = await keepInTrash(target, id, signal)
    return { in: 'trash', etag }
  } catch (error) {
    if (!isCode(error, 'UNSUPPORTED')) throw error
  }
  try {
    const { cid } = await versions.put(mount.backend.read(inner, { ifMatch: before.etag, reuse: true, signal }), { signal })
    return { in: 'content', cid }
  } catch (error) {
    if (isCode(error, 'CONFLICT', 'CANCELLED')) throw error
    throw new VfsError('NOT_UNDOABLE', `the present content of ${place.shown} (${before.size} bytes) cannot be kept`, {
      op: 'write',
      path: place.shown,
      cause: error,
    })
  }
}

async function keepInTrash({ mount, inner }: Target, id: string, signal?: AbortSignal): Promise<Stat> {
  if (!mount.backend.trash) throw new VfsError('UNSUPPORTED', `${mount.name} has no trash`)
  return mount.backend.trash.keep(inner, id, { signal })
}

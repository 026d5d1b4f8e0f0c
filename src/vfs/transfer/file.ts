import type { Metadata, Stat } from '../../core/backend.ts'
import { VfsError } from '../../core/error.ts'
import { type VfsPath, vfsPath } from '../../core/path.ts'
import { cidOfContent } from '../../content/hashing.ts'
import type { Changes } from '../change.ts'
import type { Mount } from '../mounts.ts'
import type { Cause } from '../step.ts'
import type { Target } from '../target.ts'
import type { Changed } from '../types.ts'
import { atOnce, type Turn } from '../write.ts'
import type { Meter } from './meter.ts'
import type { Key } from './places.ts'

/** One file, as it stood when it was looked at, and where it goes. */
export interface Piece {
  readonly from: {
    readonly path: VfsPath
    readonly mount: Mount
    readonly inner: VfsPath
    readonly place: Key
    readonly stat: Pick<Stat, 'size' | 'etag' | 'cid' | 'mode'>
  }
  readonly to: Target
  /** null: nothing stood there a moment ago. What stands there when it is written has the last word. */
  readonly standing: Pick<Stat, 'etag'> | null
  /** Where it goes has been listed, with the folder above it. */
  readonly listed?: boolean | undefined
  readonly metadata?: Metadata | undefined
  /** To be made on the way. */
  readonly parents: readonly Target[]
  /** When storages may be asked; at once, if not given. */
  readonly turn?: Turn | undefined
}

export const byCid = (from: Mount, to: Mount): boolean => from.backend.capabilities.by_cid && to.backend.capabilities.by_cid

/** By its CID, inside the storage, or with its bytes through us: whichever is least. Rejects CONFLICT if either end has changed. */
export async function copyFile(changes: Changes, piece: Piece, cause: Cause, meter: Meter): Promise<Changed> {
  const { from, to, standing, metadata, parents, listed, turn = atOnce } = piece
  const expected = standing ? { ifMatch: standing.etag } : ({ ifNoneMatch: '*' } as const)
  const inside = standing === null ? within(from, to) : undefined
  if (byCid(from.mount, to.mount))
    return arrived(await turn(() => changes.graft(to, from.stat.cid ?? '', cause, { kind: 'copy', parents, ...expected })), meter)
  if (inside) return arrived(await turn(() => changes.copyInside({ ...inside, stat: from.stat }, to, cause, parents)), meter)
  const source = meter.counted(
    from.mount.backend.read(from.inner, { ifMatch: from.stat.etag, signal: cause.signal, fresh: true, reuse: to.mount.backend.usesUp }),
  )
  const sent = sentTo(from, changes)
  const come = sent === undefined ? undefined : (cid: string) => requireSame(from.path, sent, cid)
  const wish = { kind: 'copy', mode: from.stat.mode, metadata, parents, turn, come, vacant: listed && standing === null, ...expected } as const
  const changed = await changes.write(to, source, cause, wish)
  remember(changes, piece, changed)
  return changed
}

/** Rejects CONTENT_DAMAGED unless what is there reads back as it was written. A storage that copied by itself, checks what it gets, or names it by its CID is believed. */
export async function verify({ mount, inner, place }: Target, { stat }: Changed, { signal }: Cause): Promise<void> {
  const { checksWrites = false, capabilities } = mount.backend
  if (stat?.cid === undefined || checksWrites || capabilities.content_addressed || capabilities.by_cid) return
  const standing = mount.backend.read(inner, { ifMatch: stat.etag, signal, reuse: true, fresh: true })
  if ((await cidOfContent(standing)) !== stat.cid)
    throw new VfsError('CONTENT_DAMAGED', `${place.shown} does not read back as it was written`, { op: 'copy', path: place.shown })
}

/** The CID of what was once sent there, which is what is to come. Storages that have CIDs of their own check by them. */
function sentTo({ mount, place, stat }: Piece['from'], { journal }: Changes): string | undefined {
  const { by_cid, content_addressed } = mount.backend.capabilities
  return by_cid || content_addressed ? undefined : journal.written(place.volume, { inner: place.inner, etag: stat.etag })
}

function requireSame(path: VfsPath, sent: string, come: string): void {
  if (come !== sent) throw new VfsError('CONTENT_DAMAGED', `what comes of ${path} is not what was written there`, { op: 'copy', path })
}

/** Where the storage of the destination finds the source by itself. */
function within(from: Piece['from'], { mount }: Target): { readonly inner: VfsPath; readonly of?: string } | undefined {
  const { backend } = mount
  const { realm, volume } = from.mount.backend
  if (!backend.capabilities.copy) return undefined
  if (backend.volume !== volume) return realm !== undefined && backend.realm === realm ? { inner: vfsPath(from.place.inner), of: volume } : undefined
  const inner = mount.storage === from.mount.storage ? from.inner : backend.find(from.place.inner)
  return inner && { inner }
}

function arrived(changed: Changed, meter: Meter): Changed {
  meter.sent(changed.bytes)
  return changed
}

/** So that a repeated copy knows the source without reading it. */
function remember({ journal }: Changes, { from: { place, stat } }: Piece, changed: Changed): void {
  if (stat.cid === undefined && changed.stat?.cid !== undefined) journal.learn(place, stat.etag, changed.stat.cid)
}

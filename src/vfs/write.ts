import type { About, Bytes, Glance, Stat } from '../core/backend.ts'
import { bytesOf, peek, type Peeked } from '../core/bytes.ts'
import { isCode, VfsError } from '../core/error.ts'
import { rawCid } from '../core/cid.ts'
import { ContentHasher, hashing } from '../content/hashing.ts'
import type { Kept, OpenChange, VersionStore } from '../journal/types.ts'
import { guardLarge, IN_JOURNAL, keepLarge, keepSmall, type Keeping } from './keep.ts'
import { expect, type Expectation } from './precondition.ts'
import type { Cause, Effect, Steps } from './step.ts'
import { aboutOf, orNull, snapshot, type Target } from './target.ts'
import type { Changed } from './types.ts'

export const WHOLE = 64 * 1024 // bytes: a content up to this size is hashed before the intent, and can be written again
const TRIES = 5 // against programs outside, which no lock of ours holds back

export interface WriteWish extends Expectation, About {
  readonly kind?: 'write' | 'copy' | undefined
  readonly append?: boolean | undefined
  readonly mode?: number | undefined
  readonly modified?: Date | undefined
  /** The same, where nothing stands yet. */
  readonly newMode?: number | undefined
  /** Seen by the caller, see the backends' WriteOptions: what stands there is not looked for again, and the storage has the last word. */
  readonly vacant?: boolean | undefined
  /** Waits until storages may be asked, to read the beginning and again to write: the intent is made in between, together with those of others. */
  readonly turn?: Turn | undefined
  /** Folders to make on the way. */
  readonly parents?: readonly Target[] | undefined
  /** Called with the CID of what has come, before it takes the path's place. If it throws, what was there stays. */
  readonly come?: ((cid: string) => void) | undefined
}

export type Turn = <T>(work: () => Promise<T>) => Promise<T>

interface Work {
  readonly target: Target
  readonly change: OpenChange
  readonly cause: Cause
  readonly wish: WriteWish
  readonly content: Peeked
  /** What will stand there, where that is known before it is sent. */
  readonly after: Foreseen | undefined
}

/** What is to be replaced; nothing is kept of it yet where that takes `keepLarge`. */
interface Standing {
  readonly before: Stat | null
  readonly keeping: Keeping | undefined
}

interface Foreseen {
  readonly kind: 'file'
  readonly size: number
  readonly cid: string
}

/** Replaces or makes one file, and keeps what it replaces. */
export class Writes {
  readonly #steps: Steps
  readonly #versions: VersionStore

  constructor(steps: Steps, versions: VersionStore) {
    this.#steps = steps
    this.#versions = versions
  }

  /** Rejects as Backend.write does, and CONFLICT by the expectation. */
  async write(target: Target, source: Bytes, cause: Cause, wish: WriteWish): Promise<Changed> {
    const standing = wish.vacant ? null : await fileExpected(target, cause, wish)
    requireMetadata(target, wish)
    const { turn = atOnce } = wish
    const content = await turn(() => peek(source, WHOLE, target.mount.backend.usesUp === true))
    await using guards = new AsyncDisposableStack()
    const { before, keeping } = await this.#keep({ target, cause, wish }, standing, guards)
    const after = foreseen(content, wish)
    const facts = { ...kept(before, keeping), before: known(target, before, keeping), after, parents: wish.parents }
    return await this.#steps.run(wish.kind ?? 'write', target, cause, facts, (change) =>
      turn(() => this.#replace({ target, change, cause, wish, content, after }, before, keeping)),
    )
  }

  /** The lock is held: no gateway interferes. A program outside may; then what stands there now is looked at and kept anew. */
  async #replace(work: Work, before: Stat | null, keeping: Keeping | undefined): Promise<Effect> {
    const { target, change, cause, wish, content } = work
    for (let attempt = 1; ; attempt++) {
      const aside = !keeping && before ? await this.#keepAside(work, before) : undefined
      try {
        return await this.#publish(work, before)
      } catch (error) {
        await dropAside(work, aside, error)
        if (!isCode(error, 'CONFLICT') || 'stream' in content || attempt === TRIES) throw error
      }
      await using guards = new AsyncDisposableStack()
      ;({ before, keeping } = await this.#keep(work, await fileExpected(target, cause, wish), guards))
      await change.note({ ...kept(before, keeping), before: known(target, before, keeping) })
    }
  }

  /** What stands there and what is kept of it, of one moment: some storages have nothing at a path while it is replaced, and what others replace in between is looked at again. */
  async #keep({ target, cause, wish }: Pick<Work, 'target' | 'cause' | 'wish'>, standing: Glance | null, guards: AsyncDisposableStack): Promise<Standing> {
    for (let attempt = 1; ; attempt++) {
      const before = standing && standing.stat
      guards.use(await guardLarge(before, this.#versions))
      try {
        return { before, keeping: await keepSmall(target, standing, this.#versions, cause.signal) }
      } catch (error) {
        if (!isCode(error, 'CONFLICT', 'NOT_FOUND') || attempt === TRIES) throw error
      }
      standing = await fileExpected(target, cause, wish)
    }
  }

  async #keepAside({ target, change, cause }: Work, before: Stat): Promise<Kept> {
    await using _ = await guardLarge(before, this.#versions)
    const kept = await keepLarge(target, before, change.id, this.#versions, cause.signal)
    await change.note({ kept })
    return kept
  }

  async #publish({ target, change, cause, wish, content, after }: Work, before: Stat | null): Promise<Effect> {
    const { backend } = target.mount
    const body = whole(content, after, wish, before && backend.read(target.inner, { ifMatch: before.etag, signal: cause.signal }))
    if (body.foreseen) wish.come?.(await body.cid())
    const stat = await backend.write(target.inner, body.bytes, {
      id: change.id,
      signal: cause.signal,
      mode: wish.mode ?? (before ? undefined : wish.newMode),
      modified: wish.modified,
      metadata: wish.metadata,
      headers: wish.headers,
      vacant: wish.vacant,
      ...(before ? { ifMatch: before.etag } : { ifNoneMatch: '*' }),
      staging: (name) => change.note({ staging: name }),
      staged: body.foreseen ? undefined : async (size) => noteCome(change, wish, { kind: 'file', size, cid: await body.cid() }),
      replacedLate: (late) => this.#keepLate(target, change, late),
    })
    return { stat: { ...stat, cid: stat.cid ?? (await body.cid()) }, bytes: stat.size }
  }

  async #keepLate({ mount }: Target, change: OpenChange, content: Bytes): Promise<void> {
    if (mount.versions === 'off') return
    await using _ = await this.#versions.guard()
    const { cid } = await this.#versions.put(content)
    await change.note({ kept: { in: 'content', cid } })
  }
}

async function noteCome(change: OpenChange, { come }: WriteWish, after: Foreseen): Promise<void> {
  come?.(after.cid)
  await change.note({ after })
}

/** What was put aside has not been replaced, as far as is known. Left there it would take room, and the place of what is put aside next. */
async function dropAside({ target, change }: Work, aside: Kept | undefined, error: unknown): Promise<void> {
  if (aside?.in !== 'trash' || isCode(error, 'OUTCOME_UNKNOWN')) return
  await target.mount.backend.trash?.drop(change.id).catch(() => {}) // what the write failed of is told, not this
}

/** Rejects UNSUPPORTED where something is to be said beside the content and cannot be kept. */
export function requireMetadata(target: Target, { metadata, headers }: About): void {
  if ((metadata ?? headers) && !target.mount.backend.capabilities.metadata) throw keepsNone(target)
}

export const atOnce: Turn = (work) => work()

interface Body {
  readonly bytes: Bytes
  readonly cid: () => Promise<string>
  /** The intent has told the CID already. */
  readonly foreseen: boolean
}

/** What will stand there: what is sent, after what stands there now if it is to be appended. */
function whole(content: Peeked, after: Foreseen | undefined, { append }: WriteWish, standing: Bytes | null): Body {
  const sent = 'whole' in content ? bytesOf(content.whole) : content.stream
  if (append && standing) return { ...hashed(concat(standing, sent)), foreseen: false }
  if ('stream' in content) return { ...hashed(sent), foreseen: false }
  const cid = after?.cid ?? rawCid(content.whole)
  return { bytes: sent, cid: async () => cid, foreseen: true }
}

/** The CID of a stream is known once it has gone by. */
function hashed(source: Bytes): Pick<Body, 'bytes' | 'cid'> {
  const hasher = new ContentHasher()
  let cid: Promise<string> | undefined
  return { bytes: hashing(source, hasher), cid: () => (cid ??= hasher.result().then((result) => result.cid)) }
}

const foreseen = (content: Peeked, wish: WriteWish): Foreseen | undefined =>
  'whole' in content && !wish.append ? { kind: 'file', size: content.whole.length, cid: rawCid(content.whole) } : undefined

const known = ({ mount }: Target, before: Stat | null, keeping: Keeping | undefined) =>
  before && { ...snapshot(before), cid: before.cid ?? keeping?.cid, ...aboutOf(before, mount.backend) }

const kept = (before: Stat | null, keeping: Keeping | undefined): Pick<Keeping, 'kept' | 'content'> =>
  before && keeping?.kept ? { kept: keeping.kept, ...(keeping.content && { content: keeping.content }) } : {}

async function* concat(...sources: readonly Bytes[]): Bytes {
  for (const source of sources) yield* source
}

const keepsNone = ({ mount, place }: Target): VfsError =>
  new VfsError('UNSUPPORTED', `${mount.name} keeps no metadata`, {
    op: 'write',
    path: place.shown,
    hint: 'Leave them out, or choose a storage whose capabilities name metadata.',
  })

/** Rejects CONFLICT by the expectation. */
async function fileExpected(target: Target, { signal }: Cause, expectation: Expectation): Promise<Glance | null> {
  const standing = await fileAt(target, signal)
  await expect('write', target, standing && standing.stat, expectation, signal)
  return standing
}

async function fileAt(target: Target, signal: AbortSignal | undefined): Promise<Glance | null> {
  const { mount, inner } = target
  const standing = await orNull(() => mount.backend.glance(inner, { atMost: IN_JOURNAL, signal }))
  if (standing?.stat.kind === 'directory') throw new VfsError('IS_DIRECTORY', `${target.place.shown} is a folder`, { op: 'write', path: target.place.shown })
  return standing
}

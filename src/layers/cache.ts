import { LRUCache } from 'lru-cache'
import type { Backend, Bytes, Call, Entry, Glance, ListOptions, Precondition, Range, Stat } from '../core/backend.ts'
import { collect } from '../core/bytes.ts'
import { isCode, throwIfAborted } from '../core/error.ts'
import { join, type VfsPath, within } from '../core/path.ts'
import { forward, forwardTrash } from './forward.ts'

export interface CacheOptions {
  /** Contents, all together. */
  readonly maxBytes: number
  /** For so long a stat is believed. */
  readonly ttlMs: number
}

const STATS = 10_000
const SMALL = 64 * 1024

type ReadOptions = Call & Range & Pick<Precondition, 'ifMatch'>

/**
 * Remembers stats for a while, and small contents by their etag. Our own changes are forgotten at once; changes by
 * others show after the time to live, so it belongs on storages where asking is dear, and every precondition of a
 * change is still checked by the storage itself.
 */
export function cache(inner: Backend, options: CacheOptions): Backend {
  const known = new Known(inner, options)
  const changing = async <T>(paths: readonly VfsPath[], work: Promise<T>): Promise<T> => {
    try {
      return await work
    } finally {
      known.forget(paths)
    }
  }
  return forward(inner, {
    stat: (path, call) => known.stat(path, call),
    glance: (path, call) => known.glance(path, call),
    list: (path, listing) => known.list(path, listing),
    read: (path, reading) => known.read(path, reading),
    write: (path, source, writing) => changing([path], inner.write(path, source, writing)),
    mkdir: (path, call) => changing([path], inner.mkdir(path, call)),
    remove: (path, removing) => changing([path], inner.remove(path, removing)),
    rename: (from, to, moving) => changing([from, to], inner.rename(from, to, moving)),
    copy: (from, to, moving) => changing([to], inner.copy(from, to, moving)),
    graft: (path, cid, grafting) => changing([path], inner.graft(path, cid, grafting)),
    trash: forwardTrash(inner.trash, (trash) => ({
      put: (path, id, putting) => changing([path], trash.put(path, id, putting)),
      back: (id, path, call) => changing([path], trash.back(id, path, call)),
    })),
  })
}

class Known {
  readonly #inner: Backend
  readonly #stats: LRUCache<VfsPath, Stat>
  readonly #contents: LRUCache<string, Uint8Array>
  /** Rises with every change, so that an answer from before it is not remembered after it. */
  #changes = 0

  constructor(inner: Backend, { maxBytes, ttlMs }: CacheOptions) {
    this.#inner = inner
    this.#stats = new LRUCache({ maxSize: STATS, sizeCalculation: () => 1, ttl: ttlMs })
    this.#contents = new LRUCache({ maxSize: maxBytes, sizeCalculation: (content) => Math.max(1, content.length) })
  }

  async stat(path: VfsPath, call?: Call): Promise<Stat> {
    throwIfAborted(call?.signal, 'stat')
    const known = this.#stats.get(path)
    if (known) return known
    const changes = this.#changes
    const stat = await this.#inner.stat(path, call)
    if (changes === this.#changes) this.#stats.set(path, stat)
    return stat
  }

  async glance(path: VfsPath, { atMost, signal }: Call & { readonly atMost: number }): Promise<Glance> {
    const stat = await this.stat(path, { signal })
    return { stat, content: stat.size > atMost ? undefined : await this.#small(path, { ifMatch: stat.etag, signal }) }
  }

  async *list(folder: VfsPath, options?: ListOptions): AsyncIterable<Entry> {
    const changes = this.#changes
    for await (const entry of this.#inner.list(folder, options)) {
      const { name, ...stat } = entry
      // A link is listed itself, and stat tells of what it leads to.
      if (complete(stat) && stat.kind !== 'link' && changes === this.#changes) this.#stats.set(join(folder, name), stat)
      yield entry
    }
  }

  async *read(path: VfsPath, options: ReadOptions = {}): Bytes {
    const content = await this.#small(path, options)
    if (content) yield* copyOf(content, options)
    else yield* this.#inner.read(path, options)
  }

  forget(paths: readonly VfsPath[]): void {
    this.#changes++
    const stale = Array.from(this.#stats.keys()).filter((known) => paths.some((path) => within(path, known)))
    for (const path of stale) this.#stats.delete(path)
  }

  /** The whole content if it is small and of the expected etag; else the storage is to answer. */
  async #small(path: VfsPath, { ifMatch = '*', signal }: ReadOptions): Promise<Uint8Array | undefined> {
    const { etag, kind, size } = await this.stat(path, { signal })
    if (kind !== 'file' || size > SMALL || (ifMatch !== '*' && ifMatch !== etag)) return undefined
    const key = `${etag} ${path}`
    const known = this.#contents.get(key)
    if (known) return known
    try {
      const content = await collect(this.#inner.read(path, { ifMatch: etag, signal }), SMALL)
      this.#contents.set(key, content)
      return content
    } catch (error) {
      if (!isCode(error, 'CONFLICT')) throw error
      this.forget([path])
      return undefined
    }
  }
}

const complete = (stat: Omit<Entry, 'name'>): stat is Stat => stat.etag !== undefined && stat.size !== undefined && stat.modified !== undefined

/** What a reader does to its bytes must not reach what is remembered. */
function* copyOf(content: Uint8Array, { offset = 0, length = Infinity }: Range): Generator<Uint8Array> {
  const part = new Uint8Array(content.subarray(offset, Math.min(offset + length, content.length)))
  if (part.length > 0) yield part
}

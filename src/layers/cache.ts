import { LRUCache } from 'lru-cache'
import type { Backend, Bytes, Call, Entry, Glance, ListOptions, Precondition, Range, Stat, WriteOptions } from '../core/backend.ts'
import { collect } from '../core/bytes.ts'
import { isCode, throwIfAborted } from '../core/error.ts'
import { join, type VfsPath, within } from '../core/path.ts'
import { relay } from '../core/stream.ts'
import { forward, forwardTrash } from './forward.ts'
import { type ContentMemory, PAGE, Pages } from './pages.ts'

export interface CacheOptions {
  readonly memory: ContentMemory
  /** For so long a stat is believed. */
  readonly ttlMs: number
}

const STATS = 10_000

type ReadOptions = Call & Range & Pick<Precondition, 'ifMatch'>

/**
 * Remembers stats for a while, and contents page by page under their etag; what is written stays, if it is small. Our own
 * changes are forgotten at once; changes by others show after the time to live, so it belongs on storages where asking is
 * dear, and every precondition of a change is still checked by the storage itself.
 */
export function cache(inner: Backend, options: CacheOptions): Backend {
  const known = new Known(inner, options)
  const changing = <T>(paths: readonly VfsPath[], work: Promise<T>): Promise<T> => after(work, () => known.forget(paths))
  const changingFile = <T>(path: VfsPath, work: Promise<T>): Promise<T> => after(work, () => known.forgetFile(path))
  return forward(inner, {
    stat: (path, call) => known.stat(path, call),
    glance: (path, call) => known.glance(path, call),
    list: (path, listing) => known.list(path, listing),
    read: (path, reading) => known.read(path, reading),
    write: (path, source, writing) => changingFile(path, known.write(path, source, writing)),
    mkdir: (path, call) => changing([path], inner.mkdir(path, call)),
    remove: (path, removing) => changing([path], inner.remove(path, removing)),
    rename: (from, to, moving) => changing([from, to], inner.rename(from, to, moving)),
    copy: (from, to, moving) => changingFile(to, inner.copy(from, to, moving)),
    graft: (path, cid, grafting) => changing([path], inner.graft(path, cid, grafting)),
    discard: (path, id, call) => changingFile(path, inner.discard(path, id, call)),
    trash: forwardTrash(inner.trash, (trash) => ({
      put: (path, id, putting) => changing([path], trash.put(path, id, putting)),
      back: (id, path, call) => changing([path], trash.back(id, path, call)),
    })),
    async [Symbol.asyncDispose]() {
      await known[Symbol.asyncDispose]()
      await inner[Symbol.asyncDispose]()
    },
  })
}

/** Also if the work fails: nobody knows what it did by then. */
async function after<T>(work: Promise<T>, forget: () => void): Promise<T> {
  try {
    return await work
  } finally {
    forget()
  }
}

class Known implements AsyncDisposable {
  readonly #inner: Backend
  readonly #stats: LRUCache<VfsPath, Stat>
  readonly #pages: Pages
  /** Rises with every change, so that an answer from before it is not remembered after it. */
  #changes = 0

  constructor(inner: Backend, { memory, ttlMs }: CacheOptions) {
    this.#inner = inner
    this.#stats = new LRUCache({ maxSize: STATS, sizeCalculation: () => 1, ttl: ttlMs })
    this.#pages = new Pages(inner, memory)
  }

  stat(path: VfsPath, call?: Call & Pick<Range, 'fresh'>): Promise<Stat> {
    return this.#seen(path, call, (known) => call?.fresh !== true && this.#isWhole(known))
  }

  async #seen(path: VfsPath, call: Call | undefined, isEnough: (known: Stat) => boolean): Promise<Stat> {
    throwIfAborted(call?.signal, 'stat')
    const known = this.#stats.get(path)
    if (known && isEnough(known)) return known
    const changes = this.#changes
    const stat = await this.#inner.stat(path, call)
    if (changes === this.#changes) this.#stats.set(path, stat)
    return stat
  }

  /** A remembered stat of what has been overwritten since is no reason to refuse whoever only looks. */
  async glance(path: VfsPath, options: Call & { readonly atMost: number }): Promise<Glance> {
    const { atMost, signal } = options
    const stat = await this.stat(path, { signal })
    if (stat.kind !== 'file' || stat.size > atMost) return { stat }
    try {
      return { stat, content: await collect(this.read(path, { ifMatch: stat.etag, signal }), atMost) }
    } catch (error) {
      if (!isCode(error, 'CONFLICT')) throw error
      return this.#inner.glance(path, options)
    }
  }

  list(folder: VfsPath, options?: ListOptions): AsyncIterable<Entry> {
    return relay(this.#inner.list(folder, options), () => {
      const changes = this.#changes
      return {
        part: ({ name, ...stat }) => {
          // A link is listed itself, and stat tells of what it leads to.
          if (complete(stat) && stat.kind !== 'link' && changes === this.#changes) this.#stats.set(join(folder, name), stat)
        },
      }
    })
  }

  async *read(path: VfsPath, options: ReadOptions = {}): Bytes {
    try {
      const remembered = options.fresh === true ? undefined : await this.#remembered(path, options)
      yield* remembered ? this.#orFresh(remembered, path, options) : this.#inner.read(path, options)
    } catch (error) {
      this.forgetFile(path) // it may have failed of what was remembered: nobody shall fail of that again
      throw error
    }
  }

  async write(path: VfsPath, source: Bytes, options?: WriteOptions): Promise<Stat> {
    const passed = new Passed()
    const stat = await this.#inner.write(path, passed.of(source), options)
    if (passed.content) this.#pages.learn(path, stat.etag, passed.content)
    return stat
  }

  /** Nothing lies below a file, so that nothing else is looked through: many are written into one folder. */
  forgetFile(path: VfsPath): void {
    this.#changes++
    this.#stats.delete(path)
  }

  forget(paths: readonly VfsPath[]): void {
    this.#changes++
    const stale = Array.from(this.#stats.keys()).filter((known) => paths.some((path) => within(path, known)))
    for (const path of stale) this.#stats.delete(path)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#pages[Symbol.asyncDispose]()
  }

  async #remembered(path: VfsPath, options: ReadOptions): Promise<Bytes | undefined> {
    const { ifMatch = '*', signal } = options
    const stat = await this.#seen(path, { signal }, () => true)
    const expected = ifMatch === '*' || ifMatch === stat.etag
    if (!expected) this.forget([path]) // whoever expects another one may know better
    return expected && stat.kind === 'file' ? this.#pages.read({ path, stat, cid: options.cid }, options, signal) : undefined
  }

  /** What a listing told of a file has not what is said beside its content. */
  #isWhole({ kind, headers }: Stat): boolean {
    return kind !== 'file' || headers !== undefined || !this.#inner.capabilities.metadata
  }

  /** What was remembered of the path may be of yesterday: then the storage itself answers, unless a part has gone out. */
  async *#orFresh(remembered: Bytes, path: VfsPath, options: ReadOptions): Bytes {
    let begun = false
    try {
      for await (const part of remembered) {
        begun = true
        yield part
      }
    } catch (error) {
      if (begun || !isCode(error, 'CONFLICT')) throw error
      this.forget([path])
      yield* this.#inner.read(path, options)
    }
  }
}

/** Keeps what passes, as long as it is small. */
class Passed {
  #parts: Uint8Array[] | undefined = []
  #size = 0

  of(source: Bytes): Bytes {
    return relay(source, () => ({ part: (part) => this.#keep(part) }))
  }

  get content(): Uint8Array | undefined {
    if (this.#size === 0 || !this.#parts) return undefined
    return this.#parts.length === 1 ? this.#parts[0] : Buffer.concat(this.#parts)
  }

  #keep(part: Uint8Array): void {
    this.#size += part.length
    if (this.#size > PAGE) this.#parts = undefined
    else this.#parts?.push(new Uint8Array(part))
  }
}

const complete = (stat: Omit<Entry, 'name'>): stat is Stat => stat.etag !== undefined && stat.size !== undefined && stat.modified !== undefined

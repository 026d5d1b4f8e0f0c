import { LRUCache } from 'lru-cache'
import type { Backend, Bytes, Range, Stat } from '../core/backend.ts'
import { collect, orAborted } from '../core/bytes.ts'
import { throwIfAborted, VfsError } from '../core/error.ts'
import type { VfsPath } from '../core/path.ts'

/** What is fetched and remembered at once, in bytes. */
export const PAGE = 256 * 1024
/** A longer read passes by: it would drive out what is asked for again. */
const LONGEST = 4 * PAGE
const READERS = 1000

/** Contents of all storages together, so that many mounts take no more memory than one. */
export class ContentMemory {
  readonly #pages: LRUCache<string, Uint8Array>
  #owners = 0

  constructor(maxBytes: number) {
    this.#pages = new LRUCache({ maxSize: maxBytes, sizeCalculation: (content) => Math.max(1, content.length) })
  }

  /** A part of it for one storage, whose keys meet no other's. */
  part(): { get(key: string): Uint8Array | undefined; set(key: string, page: Uint8Array): void } {
    const owner = this.#owners++
    return { get: (key) => this.#pages.get(`${owner} ${key}`), set: (key, page) => void this.#pages.set(`${owner} ${key}`, page) }
  }
}

/** One content, as a stat told of it. */
export interface Seen {
  readonly path: VfsPath
  readonly stat: Stat
  /** Where the reader names it by that; see Range. */
  readonly cid: Range['cid']
}

/** Contents by path, etag and page. Who reads on where he ended gets the next page before he asks. */
export class Pages implements AsyncDisposable {
  readonly #inner: Backend
  readonly #memory: ReturnType<ContentMemory['part']>
  /** Where the last reader of a path ended. */
  readonly #ends = new LRUCache<VfsPath, number>({ max: READERS })
  readonly #coming = new Map<string, Promise<void>>()
  readonly #over = new AbortController()

  constructor(inner: Backend, memory: ContentMemory) {
    this.#inner = inner
    this.#memory = memory.part()
  }

  /** undefined for what is too long. Rejects CONFLICT if it is no longer what was seen. */
  read(seen: Seen, range: Range, signal: AbortSignal | undefined): Bytes | undefined {
    const { offset = 0, length = Infinity } = range
    const end = Math.min(offset + length, seen.stat.size)
    return end - offset > LONGEST ? undefined : this.#read(seen, offset, end, signal)
  }

  /** What was just written needs not be fetched. */
  learn(path: VfsPath, etag: string, content: Uint8Array): void {
    this.#memory.set(keyOf(path, etag, 0), content)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort()
    await Promise.all(this.#coming.values())
  }

  async *#read(seen: Seen, offset: number, end: number, signal: AbortSignal | undefined): Bytes {
    const last = Math.floor((end - 1) / PAGE)
    for (let at = Math.floor(offset / PAGE); at * PAGE < end; at++) {
      const page = await this.#page(seen, at, last, signal)
      const from = Math.max(0, offset - at * PAGE)
      yield new Uint8Array(page.subarray(from, end - at * PAGE)) // a copy: what the reader does to it must not reach the next one
    }
    if (this.#ends.get(seen.path) === offset) this.#ahead(seen, last + 1)
    this.#ends.set(seen.path, end)
  }

  /** With it come those up to `last`, in one request. */
  async #page(seen: Seen, at: number, last: number, signal: AbortSignal | undefined): Promise<Uint8Array> {
    const key = keyOf(seen.path, seen.stat.etag, at)
    const coming = this.#coming.get(key)
    if (coming) await (signal ? orAborted(coming, signal).catch(() => throwIfAborted(signal, 'read')) : coming)
    throwIfAborted(signal, 'read')
    return this.#memory.get(key) ?? (await this.#fetch(seen, at, last, signal))
  }

  /** The first of the pages. */
  async #fetch({ path, stat: { etag, size }, cid }: Seen, first: number, last: number, signal: AbortSignal | undefined): Promise<Uint8Array> {
    const offset = first * PAGE
    const length = Math.min(size, (last + 1) * PAGE) - offset
    const content = await collect(this.#inner.read(path, { ifMatch: etag, cid, offset, length, signal }), length)
    if (content.length < length) throw new VfsError('CONFLICT', 'is shorter than it was', { op: 'read', path })
    for (let at = first; at <= last; at++)
      this.#memory.set(keyOf(path, etag, at), new Uint8Array(content.subarray((at - first) * PAGE, (at - first + 1) * PAGE)))
    return content.subarray(0, PAGE)
  }

  #ahead(seen: Seen, at: number): void {
    const key = keyOf(seen.path, seen.stat.etag, at)
    if (at * PAGE >= seen.stat.size || this.#coming.has(key) || this.#memory.get(key)) return
    this.#coming.set(key, this.#fetchQuietly(seen, at, key))
  }

  /** Whoever wants what could not be had asks himself, and is told. */
  async #fetchQuietly(seen: Seen, at: number, key: string): Promise<void> {
    await this.#fetch(seen, at, at, this.#over.signal).catch(() => undefined)
    this.#coming.delete(key)
  }
}

const keyOf = (path: VfsPath, etag: string, page: number): string => `${page} ${etag} ${path}`

import { hash } from 'node:crypto'
import type { Bytes, Call, Capabilities, Entry, ListOptions, Precondition, Range, Stat } from '../../src/core/backend.ts'
import { BaseBackend, READ_ONLY } from '../../src/core/base.ts'
import { throwIfAborted } from '../../src/core/error.ts'
import { FOLDER } from '../../src/core/lookup.ts'
import { ancestors, below, compareNames, segments, type VfsPath, within } from '../../src/core/path.ts'
import { refusals, toldAt } from '../../src/core/telling.ts'
import { WebClient } from '../../src/core/web.ts'
import { beyond } from './errors.ts'
import { type Facts, Remote } from './remote.ts'

/** Files of web servers, each at the path that a person gave it; read-only. */
export class HttpBackend extends BaseBackend {
  readonly scheme = 'http'
  readonly volume: string
  readonly capabilities: Capabilities = READ_ONLY
  readonly #files: ReadonlyMap<VfsPath, Remote>
  readonly #folders: ReadonlySet<VfsPath>
  readonly #clients = new Map<string, WebClient>()

  /**
   * Rejects INVALID_ARGUMENT for a file that lies below another one. `named`: the URLs as their person named them, with references in the place
   * of secrets, which are not to be guessed from what the journal calls the volume.
   */
  constructor(urls: ReadonlyMap<VfsPath, string>, named: ReadonlyMap<VfsPath, string> = urls) {
    super()
    this.volume = `http:${hash('sha256', JSON.stringify([...named])).slice(0, 16)}`
    this.#files = new Map([...urls].map(([path, url]) => [path, this.#remote(new URL(url))]))
    this.#folders = new Set(['/' as VfsPath, ...[...urls.keys()].flatMap((path) => [...ancestors(path)])])
    for (const path of urls.keys()) if (this.#folders.has(path)) throw refusal('INVALID_ARGUMENT', 'mount', path, 'is a file and a folder')
  }

  async stat(path: VfsPath, call?: Call): Promise<Stat> {
    throwIfAborted(call?.signal, 'stat')
    const file = this.#find('stat', path)
    return file === 'folder' ? FOLDER : told('stat', path, async () => statOf(await file.facts(call)))
  }

  async *list(path: VfsPath, { after, details, signal }: ListOptions = {}): AsyncGenerator<Entry> {
    throwIfAborted(signal, 'list')
    if (this.#find('list', path) !== 'folder') throw refusal('NOT_DIRECTORY', 'list', path, 'is a file')
    for (const [name, child] of this.#children(path)) {
      throwIfAborted(signal, 'list')
      if (after !== undefined && compareNames(name, after) <= 0) continue
      // One that its server does not give keeps nobody from the others.
      const file = details ? await this.stat(child, { signal }).catch(() => throwIfAborted(signal, 'list')) : undefined
      yield this.#folders.has(child) ? { name, ...FOLDER } : { name, kind: 'file', ...file }
    }
  }

  async *read(path: VfsPath, options: Call & Range & Pick<Precondition, 'ifMatch'> = {}): Bytes {
    const { offset = 0, length = Infinity, ifMatch, signal } = options
    throwIfAborted(signal, 'read')
    const file = this.#find('read', path)
    if (file === 'folder') throw refusal('IS_DIRECTORY', 'read', path, 'is a folder')
    const facts = await told('read', path, () => file.facts({ signal }))
    const { size, etag } = facts
    if (ifMatch !== undefined && ifMatch !== '*' && ifMatch !== etag) throw refusal('CONFLICT', 'read', path, `is at ${etag}, not at ${ifMatch}`)
    const end = Math.min(offset + length, size)
    const parts = offset < end ? file.bytes(facts, offset, end, { signal })[Symbol.asyncIterator]() : undefined
    for (;;) {
      const next = await told('read', path, async () => parts?.next())
      throwIfAborted(signal, 'read')
      if (!next || next.done) return
      yield next.value
    }
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients.values()) client[Symbol.dispose]()
  }

  /** Each host has connections of its own: a redirect must not go over one that another file may use. */
  #remote(url: URL): Remote {
    const host = url.hostname.replace(/^\[|\]$/g, '')
    const client = this.#clients.get(host) ?? new WebClient(beyond(host))
    this.#clients.set(host, client)
    return new Remote(url, client)
  }

  #find(op: string, path: VfsPath): Remote | 'folder' {
    if (this.#folders.has(path)) return 'folder'
    const file = this.#files.get(path)
    if (file) return file
    const under = [...ancestors(path)].some((above) => this.#files.has(above))
    throw refusal(under ? 'NOT_DIRECTORY' : 'NOT_FOUND', op, path, under ? 'lies below a file' : 'does not exist')
  }

  /** Each name directly below a folder, with its path, in order. */
  #children(folder: VfsPath): [string, VfsPath][] {
    const inside = [...this.#files.keys(), ...this.#folders].filter((path) => path !== folder && within(folder, path))
    const names = new Set(inside.map((path) => segments(below(folder, path))[0] ?? ''))
    return [...names].toSorted(compareNames).map((name) => [name, `${folder === '/' ? '' : folder}/${name}` as VfsPath])
  }
}

const statOf = ({ size, modified, etag }: Facts): Stat => ({ kind: 'file', size, modified, etag })

const refusal = refusals('http')

/** Errors of a server tell the caller's path. */
async function told<T>(op: string, path: VfsPath, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw toldAt(error, op, path, 'http')
  }
}

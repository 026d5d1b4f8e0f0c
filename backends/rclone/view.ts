import type { Bytes, Call, Entry, ListOptions, Precondition, Range, Stat } from '../../src/core/backend.ts'
import { collect } from '../../src/core/bytes.ts'
import { isCode, throwIfAborted, VfsError } from '../../src/core/error.ts'
import { compareNames, name as nameOf, segments, type VfsPath } from '../../src/core/path.ts'
import { FOLDER, Lookup } from '../../src/core/lookup.ts'
import { refusals, toldAt } from '../../src/core/telling.ts'
import { etagOf, hashOf, isFine, isYoung, sha256 } from './etag.ts'
import type { Info, Item, Rc } from './rc.ts'
import type { Where } from './where.ts'

/** A folder of a storage that rclone leads to. */
export interface Remote {
  readonly rc: Rc
  readonly info: Info
  readonly where: Where
}

/** Where the backend keeps what it needs for itself, and what keeps an empty folder alive; served at no depth. */
export const OWN = '.polymount'

export interface StandingFile {
  readonly kind: 'file'
  readonly item: Item
  readonly etag: string
}

export type Standing = StandingFile | { readonly kind: 'directory' }

/** rclone shows them by their pictures (␉ for a tab) and takes both: one file would have two names. */
// oxlint-disable-next-line no-control-regex -- they are meant
const CONTROL = /[\u0000-\u001F\u007F]/

const READ_BYTES = 1 << 20 // to look whether a content is the one that was meant, where the remote has no hash of it

/** Reading of what lies below a place of the remote as a tree: what is served, and what is kept aside. */
export class View extends Lookup<Standing> {
  readonly rc: Rc
  readonly #info: Info
  readonly #where: Where
  readonly #root: string

  constructor({ rc, info, where }: Remote, root = '') {
    super('rclone')
    this.rc = rc
    this.#info = info
    this.#where = where
    this.#root = root
  }

  /** The remote's name of a path. Rejects DENIED for the backend's own. */
  place(path: VfsPath): string {
    if (segments(path).some(isOwn)) throw refusal('DENIED', 'find', path, 'belongs to polymount itself')
    if (CONTROL.test(path)) throw refusal('INVALID_PATH', 'find', path, 'has a control character, and such a file another name at rclone')
    return [this.#root, ...segments(path)].filter((part) => part !== '').join('/')
  }

  /** What changes this path has this name at rclone, whichever root it is reached by. */
  workAt(path: VfsPath): string {
    return this.#where.volume + this.#where.locate(`/${this.place(path)}` as VfsPath)
  }

  async stat(path: VfsPath, call?: Call): Promise<Stat> {
    return statOf(await this.get('stat', path, call))
  }

  async *list(path: VfsPath, { after, details, signal }: ListOptions = {}): AsyncGenerator<Entry> {
    await this.requireFolder('list', path, { signal })
    for (const item of await this.#items(path, { signal })) {
      throwIfAborted(signal, 'list')
      if (isOwn(item.Name) || (after !== undefined && compareNames(item.Name, after) <= 0)) continue
      if (item.IsDir) yield { name: item.Name, ...FOLDER }
      else if (!details || isUnsized(item)) yield { name: item.Name, kind: 'file' }
      else yield { name: item.Name, ...statOf(await this.#file(this.#below(path, item.Name), item, { signal })) }
    }
  }

  /** What a folder holds: what is shown, and the names of our own kind. */
  async all(path: VfsPath, call: Call): Promise<{ readonly shown: Item[]; readonly hidden: string[] }> {
    const items = await this.#items(path, call)
    return { shown: items.filter(({ Name }) => !isOwn(Name)), hidden: items.map(({ Name }) => Name).filter(isOwn) }
  }

  async *read(path: VfsPath, options: Call & Range & Pick<Precondition, 'ifMatch'> = {}): Bytes {
    const { offset = 0, length = Infinity, ifMatch, signal } = options
    const standing = await this.get('read', path, { signal })
    if (standing.kind === 'directory') throw refusal('IS_DIRECTORY', 'read', path, 'is a folder')
    await this.check('read', path, standing, { ifMatch, signal })
    try {
      for await (const part of this.rc.read(this.place(path), offset, Math.min(offset + length, standing.item.Size), { signal })) {
        throwIfAborted(signal, 'read')
        yield part
      }
    } catch (error) {
      throw told(error, 'read', path)
    }
    // The remote gives whatever stands there while it reads: only a second look tells whether that was one content.
    if (ifMatch !== undefined) await this.check('read', path, await this.find('read', path, { signal }), { ifMatch, signal })
  }

  /** True if the etag is one of this content: while it is young it has another form than later. */
  async isThis(path: VfsPath, standing: Standing, etag: string, call: Call): Promise<boolean> {
    if (statOf(standing).etag === etag) return true
    if (standing.kind === 'directory' || isFine(this.#info)) return false
    const { item } = standing
    // The short form stands for a content that was old when it was looked at; a young one may have replaced it in the same second.
    if (isYoung(item, this.#info)) return false
    return etagOf(item, await this.#fingerprint(this.place(path), item, call)) === etag
  }

  /** Rejects CONFLICT. */
  async check(op: string, path: VfsPath, standing: Standing | undefined, { ifMatch, ifNoneMatch, signal }: Call & Precondition): Promise<void> {
    if (ifNoneMatch !== undefined && standing) throw refusal('CONFLICT', op, path, `exists already, at ${statOf(standing).etag}`)
    if (ifMatch === undefined || (standing && (ifMatch === '*' || (await this.isThis(path, standing, ifMatch, { signal }))))) return
    throw refusal('CONFLICT', op, path, `is at ${standing ? statOf(standing).etag : 'nothing'}, not at ${ifMatch}`)
  }

  protected async at(op: string, path: VfsPath, call: Call): Promise<Standing | undefined> {
    throwIfAborted(call.signal, op)
    if (path === '/') return { kind: 'directory' }
    try {
      const place = this.place(path)
      const { item } = await this.rc.call<{ item: Item | null }>('operations/stat', { remote: place }, call)
      if (!item || item.Name !== nameOf(path)) return undefined
      return item.IsDir ? { kind: 'directory' } : await this.#file(place, item, call)
    } catch (error) {
      if (isCode(error, 'NOT_FOUND', 'NOT_DIRECTORY')) return undefined
      throw told(error, op, path)
    }
  }

  /** Rejects UNSUPPORTED where the size is not known: nobody could tell all of such a content from a part. */
  async #file(place: string, item: Item, call: Call): Promise<Standing> {
    if (isUnsized(item)) throw unsized()
    return { kind: 'file', item, etag: etagOf(item, isYoung(item, this.#info) ? await this.#fingerprint(place, item, call) : undefined) }
  }

  /** What tells this content from another of the same size and time: the remote's own hash, else for small files the content. */
  async #fingerprint(place: string, item: Item, call: Call): Promise<string | undefined> {
    const hash = hashOf(this.#info)
    if (hash !== undefined) {
      const found = await this.rc.call<{ item: Item | null }>('operations/stat', { remote: place, opt: { showHash: true, hashTypes: [hash] } }, call)
      return found.item?.Hashes?.[hash]
    }
    return item.Size > READ_BYTES ? undefined : sha256(await collect(this.rc.read(place, 0, item.Size, call), READ_BYTES))
  }

  async #items(path: VfsPath, call: Call): Promise<Item[]> {
    try {
      const { list } = await this.rc.call<{ list: Item[] | null }>('operations/list', { remote: this.place(path), opt: { noMimeType: true } }, call)
      const sorted = (list ?? []).toSorted((a, b) => compareNames(a.Name, b.Name))
      return sorted.filter(({ Name }, i) => Name !== sorted[i - 1]?.Name) // some storages hold several files of one name, of which rclone serves one
    } catch (error) {
      if (path === '/' && isCode(error, 'NOT_FOUND')) return [] // a root that nobody has made yet
      throw told(error, 'list', path)
    }
  }

  #below(path: VfsPath, name: string): string {
    return [this.place(path), name].filter((part) => part !== '').join('/')
  }
}

const isUnsized = ({ Size }: Item): boolean => Size < 0

const unsized = (): VfsError =>
  new VfsError('UNSUPPORTED', 'the storage does not tell how large the file is', {
    backend: 'rclone',
    hint: 'Leave it out. A person may know an option of rclone by which this storage tells sizes, or hides such files.',
  })

const isOwn = (name: string): boolean => name === OWN || name.startsWith(`${OWN}-`)

export function statOf(standing: Standing): Stat {
  if (standing.kind === 'directory') return FOLDER
  const { item, etag } = standing
  return { kind: 'file', size: item.Size, modified: new Date(item.ModTime), etag }
}

export const refusal = refusals('rclone')

export const told = (error: unknown, op: string, path: VfsPath): unknown => toldAt(error, op, path, 'rclone')

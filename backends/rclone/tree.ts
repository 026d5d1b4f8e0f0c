import { randomUUID } from 'node:crypto'
import type { Bytes, Call, CopyOptions, Precondition, Stat, WriteOptions } from '../../src/core/backend.ts'
import { bytesOf, incoming } from '../../src/core/bytes.ts'
import { isCode, throwIfAborted, VfsError } from '../../src/core/error.ts'
import type { Locks } from '../../src/core/locks.ts'
import { name, parent, type VfsPath } from '../../src/core/path.ts'
import { isAmbiguous, unknown } from './errors.ts'
import { OWN, refusal, type Standing, statOf, told, type View } from './view.ts'

export type RemoveOptions = Call & Precondition & { readonly recursive?: boolean | undefined; readonly mustExist?: boolean | undefined }

const MARK = `${OWN}-folder`
const REPLACED = `${OWN}/replaced`

/**
 * Changes of what a view shows. New content is staged beside its place; what it replaces is moved aside first, because a
 * storage may remove a file before another one takes its name. So at each moment one of the two is there, and `discard`
 * brings back what a crash left aside.
 */
export class Tree {
  readonly view: View
  readonly #locks: Locks
  /** True for storages that forget a folder with its last file: there a file of our own keeps it alive. */
  readonly #marks: boolean

  constructor(view: View, locks: Locks, marks: boolean) {
    this.view = view
    this.#locks = locks
    this.#marks = marks
  }

  async write(path: VfsPath, source: Bytes, options: WriteOptions): Promise<Stat> {
    const id = options.id ?? randomUUID()
    await this.#replaceable(path, options)
    const staged = this.#staged(path, id)
    const count = { bytes: 0 }
    try {
      await this.view.rc.upload(folderOf(staged), nameOf(staged), counted(incoming(source, path, options.signal), count), options)
      throwIfAborted(options.signal, 'write')
      await this.#requireWhole(staged, count.bytes, options)
      await options.staged?.(count.bytes)
      throwIfAborted(options.signal, 'write')
      return await this.#locked(path, () => this.#publish(path, id, staged, options))
    } catch (error) {
      // What is in doubt is left to the recovery of its change, and so is what cannot be cleared away now.
      if (!isCode(error, 'OUTCOME_UNKNOWN')) await this.#drop(staged).catch(() => Promise.reject(told(unknown(error), 'write', path)))
      throw told(error, 'write', path)
    }
  }

  /** What an interrupted write left: the new content goes, and the old one comes back if its place is empty. */
  async discard(path: VfsPath, id: string, call: Call): Promise<boolean> {
    const aside = `${REPLACED}/${id}`
    const dropped = await this.#drop(this.#staged(path, id))
    if (!(await this.#exists(aside, call))) return dropped
    if (await this.view.find('discard', path, call)) await this.#drop(aside)
    else await this.view.rc.between('operations/movefile', aside, this.view.place(path), call)
    return true
  }

  async mkdir(path: VfsPath, call: Call): Promise<void> {
    const standing = await this.view.find('mkdir', path, call)
    if (standing?.kind === 'file') throw refusal('ALREADY_EXISTS', 'mkdir', path, 'is a file')
    if (standing) return
    await this.view.requireFolder('mkdir', parent(path), call)
    await this.#make(path, call)
  }

  remove(path: VfsPath, options: RemoveOptions = {}): Promise<void> {
    return this.#locked(path, async () => {
      const standing = await this.view.findAny('remove', path, options)
      await this.view.check('remove', path, standing, options)
      if (!standing && options.mustExist) throw refusal('NOT_FOUND', 'remove', path, 'does not exist')
      if (!standing) return
      await this.#effect(
        () =>
          standing.kind === 'file' ? this.view.rc.call('operations/deletefile', { remote: this.view.place(path) }, options) : this.#removeFolder(path, options),
        async () => !(await this.view.findAny('remove', path)),
      )
      await afterwards(() => this.#keepAlive(parent(path), {}))
    })
  }

  /** A file, or an empty folder, to where nothing stands; it stays in the remote. */
  async transfer(how: 'move' | 'copy', target: Tree, from: VfsPath, to: VfsPath, options: CopyOptions): Promise<Stat> {
    return this.#locked(from, async () => {
      const source = await this.view.get(how, from, options)
      await this.view.check(how, from, source, { ifMatch: options.ifMatch, signal: options.signal })
      if (source.kind === 'directory' && how === 'copy') throw refusal('IS_DIRECTORY', how, from, 'is a folder')
      if (this === target && from === to) return statOf(source)
      await target.#requireFree(how, to, options)
      await this.#transferred(how, source, target, from, to, options)
      return await afterwards(() => target.view.stat(to))
    })
  }

  async #transferred(how: 'move' | 'copy', source: Standing, target: Tree, ...[from, to, call]: [VfsPath, VfsPath, Call]): Promise<void> {
    const [place, aim] = [this.view.place(from), target.view.place(to)]
    if (source.kind === 'directory') {
      await this.#requireEmpty('move', from, call)
      await target.#make(to, call)
      await afterwards(() => this.#removeFolder(from, {}))
    } else if (how === 'move') await this.#move(place, aim, call)
    else
      await this.#effect(
        () => this.view.rc.between('operations/copyfile', place, aim, call),
        async () => false, // half of it may be there
      )
    if (how === 'move') await afterwards(() => this.#keepAlive(parent(from), {}))
  }

  async #publish(path: VfsPath, id: string, staged: string, options: WriteOptions): Promise<Stat> {
    const standing = await this.#replaceable(path, options)
    const [place, aside] = [this.view.place(path), `${REPLACED}/${id}`]
    if (standing) await this.#move(place, aside)
    try {
      await this.#move(staged, place)
    } catch (error) {
      if (!isCode(error, 'OUTCOME_UNKNOWN')) await this.#bringBack(standing && aside, place, error)
      throw error
    }
    return afterwards(async () => {
      if (standing) await this.#drop(aside)
      return this.view.stat(path)
    })
  }

  /** After a refusal. Where a storage moves by a copy and a deletion the new content may stand there all the same. */
  async #bringBack(aside: string | undefined, place: string, refused: unknown): Promise<void> {
    await afterwards(async () => {
      if (await this.#exists(place, {})) throw refused
      if (aside !== undefined) await this.view.rc.between('operations/movefile', aside, place, {})
    })
  }

  #move(from: string, to: string, call: Call = {}): Promise<void> {
    return this.#effect(
      () => this.view.rc.between('operations/movefile', from, to, call),
      async () => !(await this.#exists(from, {})) && this.#exists(to, {}),
    )
  }

  /** A request that changes something. Where no clear answer came a look tells, without the caller's signal; rejects OUTCOME_UNKNOWN where it does not. */
  async #effect(request: () => Promise<unknown>, tookPlace: () => Promise<boolean>): Promise<void> {
    try {
      await request()
    } catch (error) {
      if (!isAmbiguous(error)) throw error
      const took = await tookPlace().catch((cause: unknown) => Promise.reject(unknown(cause)))
      if (!took) throw unknown(error)
    }
  }

  async #requireWhole(place: string, size: number, call: Call): Promise<void> {
    const { item } = await this.view.rc.call<{ item: { Size: number } | null }>('operations/stat', { remote: place }, call)
    if (item?.Size !== size) throw new VfsError('UNAVAILABLE', `the storage kept ${item?.Size ?? 'none'} of ${size} bytes`, { backend: 'rclone' })
  }

  async #replaceable(path: VfsPath, options: WriteOptions): Promise<Standing | undefined> {
    const standing = await this.view.find('write', path, options)
    if (standing?.kind === 'directory') throw refusal('IS_DIRECTORY', 'write', path, 'is a folder')
    await this.view.check('write', path, standing, options)
    if (!standing) await this.view.requireFolder('write', parent(path), options)
    return standing
  }

  async #requireFree(op: string, path: VfsPath, call: Call): Promise<void> {
    if (await this.view.find(op, path, call)) throw refusal('ALREADY_EXISTS', op, path, 'exists already')
    await this.view.requireFolder(op, parent(path), call)
  }

  async #requireEmpty(op: 'remove' | 'move', path: VfsPath, call: Call): Promise<void> {
    for await (const entry of this.view.list(path, call))
      throw refusal(op === 'remove' ? 'NOT_EMPTY' : 'UNSUPPORTED', op, path, `holds ${JSON.stringify(entry.name)}`)
  }

  async #removeFolder(path: VfsPath, { recursive, signal }: RemoveOptions): Promise<void> {
    if (path === '/') throw refusal('INVALID_ARGUMENT', 'remove', path, 'is the root')
    if (!recursive) await this.#requireEmpty('remove', path, { signal })
    await this.view.rc.call('operations/purge', { remote: this.view.place(path) }, { signal })
  }

  async #make(path: VfsPath, call: Call): Promise<void> {
    const place = this.view.place(path)
    await this.#effect(
      () => (this.#marks ? this.view.rc.upload(place, MARK, bytesOf(''), call) : this.view.rc.call('operations/mkdir', { remote: place }, call)),
      () => this.#exists(place, {}),
    )
  }

  /** A folder that loses its last file stays, as on any disk. */
  async #keepAlive(path: VfsPath, call: Call): Promise<void> {
    if (this.#marks && path !== '/' && !(await this.view.find('remove', path, call))) await this.#make(path, call)
  }

  #staged(path: VfsPath, id: string): string {
    const place = this.view.place(path)
    return [folderOf(place), `${OWN}-${id}`].filter((part) => part !== '').join('/')
  }

  async #exists(place: string, call: Call): Promise<boolean> {
    try {
      return (await this.view.rc.call<{ item: unknown }>('operations/stat', { remote: place }, call)).item !== null
    } catch (error) {
      if (isCode(error, 'NOT_FOUND', 'NOT_DIRECTORY')) return false
      throw error
    }
  }

  /** True if there was something. */
  async #drop(place: string): Promise<boolean> {
    try {
      await this.view.rc.call('operations/deletefile', { remote: place })
      return true
    } catch (error) {
      if (isCode(error, 'NOT_FOUND', 'NOT_DIRECTORY')) return false
      throw error
    }
  }

  #locked<T>(path: VfsPath, work: () => Promise<T>): Promise<T> {
    return this.#locks.run(this.view.place(path), work)
  }
}

/** What is left to do once something has taken place: that it fails is not told as if nothing had. */
async function afterwards<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw unknown(error)
  }
}

const folderOf = (place: string): string => place.slice(0, Math.max(0, place.lastIndexOf('/')))
const nameOf = (place: string): string => name(`/${place}` as VfsPath)

async function* counted(source: Bytes, count: { bytes: number }): Bytes {
  for await (const part of source) {
    count.bytes += part.length
    yield part
  }
}

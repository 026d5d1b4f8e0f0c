import { randomUUID } from 'node:crypto'
import type { Bytes, Call, CopyOptions, Precondition, Stat, WriteOptions } from '../../src/core/backend.ts'
import { bytesOf, incoming } from '../../src/core/bytes.ts'
import { afterwards, inDoubt, isUnclear } from '../../src/core/effect.ts'
import { isCode, throwIfAborted, VfsError } from '../../src/core/error.ts'
import type { Locks } from '../../src/core/locks.ts'
import { name, parent, type VfsPath } from '../../src/core/path.ts'
import { OWN, refusal, type Standing, statOf, told, type View } from './view.ts'
import { Work } from './work.ts'

export type RemoveOptions = Call & Precondition & { readonly recursive?: boolean | undefined; readonly mustExist?: boolean | undefined }

export interface Transfer {
  readonly how: 'move' | 'copy'
  readonly target: Tree
  readonly from: VfsPath
  readonly to: VfsPath
}

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

  /** What changes this path: all of it is found there by whoever looks at how a change has ended. */
  work(path: VfsPath): Work {
    return new Work(this.view.rc, this.view.place(path))
  }

  async write(path: VfsPath, source: Bytes, options: WriteOptions): Promise<Stat> {
    const id = options.id ?? randomUUID()
    await this.#replaceable(path, options)
    const [work, staged] = [this.work(path), this.#staged(path, id)]
    const count = { bytes: 0 }
    try {
      await work.upload(folderOf(staged), nameOf(staged), counted(incoming(source, path, options.signal), count), options)
      throwIfAborted(options.signal, 'write')
      await this.#requireWhole(staged, count.bytes, options)
      await options.staged?.(count.bytes)
      throwIfAborted(options.signal, 'write')
      return await this.#locked(path, () => this.#publish(work, { path, id, staged }, options))
    } catch (error) {
      // What is in doubt is left to the recovery of its change, and so is what cannot be cleared away now.
      if (!isCode(error, 'OUTCOME_UNKNOWN')) await this.#clear(work, staged).catch(() => Promise.reject(told(inDoubt(error), 'write', path)))
      throw told(error, 'write', path)
    }
  }

  async #clear(work: Work, staged: string): Promise<void> {
    await work.stop()
    await this.#drop(work, staged)
  }

  /** What an interrupted write left: the new content goes, and the old one comes back if its place is empty. */
  async discard(path: VfsPath, id: string, call: Call): Promise<boolean> {
    const [work, aside] = [this.work(path), `${REPLACED}/${id}`]
    const dropped = await this.#drop(work, this.#staged(path, id))
    if (!(await this.#exists(aside, call))) return dropped
    if (await this.view.find('discard', path, call)) await this.#drop(work, aside)
    else await work.between('operations/movefile', aside, this.view.place(path), call)
    return true
  }

  async mkdir(path: VfsPath, call: Call): Promise<void> {
    const standing = await this.view.find('mkdir', path, call)
    if (standing?.kind === 'file') throw refusal('ALREADY_EXISTS', 'mkdir', path, 'is a file')
    if (standing) return
    await this.view.requireFolder('mkdir', parent(path), call)
    await this.#make(this.work(path), path, call)
  }

  remove(path: VfsPath, options: RemoveOptions = {}): Promise<void> {
    return this.#locked(path, async () => {
      const standing = await this.view.findAny('remove', path, options)
      await this.view.check('remove', path, standing, options)
      if (!standing && options.mustExist) throw refusal('NOT_FOUND', 'remove', path, 'does not exist')
      if (!standing) return
      const work = this.work(path)
      await work.surely(
        () =>
          standing.kind === 'file' ? work.run('operations/deletefile', { remote: this.view.place(path) }, options) : this.#removeFolder(work, path, options),
        async () => !(await this.view.findAny('remove', path)),
      )
      await afterwards(() => this.#keepAlive(work, parent(path)))
    })
  }

  /** A file, or an empty folder, to where nothing stands; it stays in the remote. */
  async transfer(work: Work, it: Transfer, options: CopyOptions): Promise<Stat> {
    const { how, target, from, to } = it
    return this.#locked(from, async () => {
      const source = await this.view.get(how, from, options)
      await this.view.check(how, from, source, { ifMatch: options.ifMatch, signal: options.signal })
      if (source.kind === 'directory' && how === 'copy') throw refusal('IS_DIRECTORY', how, from, 'is a folder')
      if (this === target && from === to) return statOf(source)
      await target.#requireFree(how, to, options)
      await (source.kind === 'directory' ? this.#moveFolder(work, it, options) : this.#transferFile(work, it, options))
      if (how === 'move') await afterwards(() => this.#keepAlive(work, parent(from)))
      return await afterwards(() => target.view.stat(to))
    })
  }

  async #moveFolder(work: Work, { target, from, to }: Transfer, call: Call): Promise<void> {
    await this.#requireEmpty('move', from, call)
    await target.#make(work, to, call)
    await afterwards(() => this.#removeFolder(work, from))
  }

  #transferFile(work: Work, { how, target, from, to }: Transfer, call: Call): Promise<void> {
    const [place, aim] = [this.view.place(from), target.view.place(to)]
    if (how === 'move') return this.#move(work, [place, aim], call)
    return work.surely(() => work.between('operations/copyfile', place, aim, call), half)
  }

  async #publish(work: Work, { path, id, staged }: Readonly<{ path: VfsPath; id: string; staged: string }>, options: WriteOptions): Promise<Stat> {
    const standing = await this.#replaceable(path, options)
    const [place, aside] = [this.view.place(path), `${REPLACED}/${id}`]
    if (standing) await this.#move(work, [place, aside])
    try {
      await this.#move(work, [staged, place])
    } catch (error) {
      if (!isCode(error, 'OUTCOME_UNKNOWN')) await this.#bringBack(work, standing && aside, place, error)
      throw error
    }
    return afterwards(async () => {
      if (standing) await this.#drop(work, aside)
      return this.view.stat(path)
    })
  }

  /** After a refusal. */
  async #bringBack(work: Work, aside: string | undefined, place: string, refused: unknown): Promise<void> {
    await afterwards(async () => {
      if (await this.#exists(place, {})) throw refused
      if (aside !== undefined) await work.between('operations/movefile', aside, place)
    })
  }

  async #move(work: Work, [from, to]: readonly [string, string], call?: Call): Promise<void> {
    const isMoved = async (): Promise<boolean> => !(await this.#exists(from, {})) && this.#exists(to, {})
    try {
      await work.surely(() => work.between('operations/movefile', from, to, call), isMoved)
    } catch (refused) {
      if (isCode(refused, 'OUTCOME_UNKNOWN')) throw refused
      if (!(await afterwards(isMoved))) throw await this.#halfMoved(work, to, refused)
    }
  }

  /** Where a storage moves by a copy and a deletion, what is refused half way stands at both places. The copy goes; where that is refused too it stays, if it is out of sight. */
  async #halfMoved(work: Work, to: string, refused: unknown): Promise<unknown> {
    try {
      await this.#drop(work, to)
      return refused
    } catch (error) {
      return isUnclear(error) || !to.startsWith(`${OWN}/`) ? inDoubt(error) : refused
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

  async #removeFolder(work: Work, path: VfsPath, { recursive, signal }: RemoveOptions = {}): Promise<void> {
    if (path === '/') throw refusal('INVALID_ARGUMENT', 'remove', path, 'is the root')
    if (!recursive) await this.#requireEmpty('remove', path, { signal })
    await work.run('operations/purge', { remote: this.view.place(path) }, { signal })
  }

  async #make(work: Work, path: VfsPath, call: Call): Promise<void> {
    const place = this.view.place(path)
    await work.surely(
      () => (this.#marks ? work.upload(place, MARK, bytesOf(''), call) : work.run('operations/mkdir', { remote: place }, call)),
      () => this.#exists(place, {}),
    )
  }

  /** A folder that loses its last file stays, as on any disk. */
  async #keepAlive(work: Work, path: VfsPath): Promise<void> {
    if (this.#marks && path !== '/' && !(await this.view.find('remove', path, {}))) await this.#make(work, path, {})
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
  async #drop(work: Work, place: string): Promise<boolean> {
    try {
      await work.run('operations/deletefile', { remote: place })
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

/** What is copied may be there in part. */
const half = async (): Promise<boolean> => false

const folderOf = (place: string): string => place.slice(0, Math.max(0, place.lastIndexOf('/')))
const nameOf = (place: string): string => name(`/${place}` as VfsPath)

async function* counted(source: Bytes, count: { bytes: number }): Bytes {
  for await (const part of source) {
    count.bytes += part.length
    yield part
  }
}

import { hash } from 'node:crypto'
import { linkSync, mkdirSync, renameSync, rmdirSync, unlinkSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Call, Precondition, Stat, Trash } from '../../src/core/backend.ts'
import { throwIfAborted, VfsError } from '../../src/core/error.ts'
import { vfsPath, type VfsPath } from '../../src/core/path.ts'
import { clone } from './clone.ts'
import { Current } from './current.ts'
import { mount, whereabouts } from './dirfd.ts'
import { Disk, type Opened } from './disk.ts'
import { isErrno, refusal, told } from './errors.ts'
import { Etags, KEPT } from './etag.ts'
import { moveFile, moveFolder } from './exact.ts'
import { type Facts, sameContentTime } from './facts.ts'
import { type Folder, RESERVED } from './folder.ts'
import { movable, settled } from './move.ts'
import { clear } from './remove.ts'
import { Resolver, type Spot } from './resolve.ts'
import { Secret } from './secret.ts'
import { View } from './view.ts'
import { within } from './way.ts'

/**
 * Where replaced and removed things wait, on the same disk so that one rename brings them there: in the data folder if
 * that lies on the same mount, else hidden in the served root. Kept things are named by the id alone.
 */
export class LocalTrash implements Trash, Disposable {
  readonly contents: View
  readonly #served: Disk
  readonly #kept: Disk
  /** Where it has to lie, since it was looked for last. */
  #real = ''

  constructor(served: Disk) {
    this.#served = served
    this.#kept = new Disk(
      new Resolver(
        () => this.#home(),
        (folder) => this.#admit(folder),
      ),
      served.measure,
      new Secret(undefined),
      { etags: new Etags(KEPT) },
    )
    this.contents = new View(this.#kept)
  }

  put(path: VfsPath, id: string, options: Call & Precondition = {}): Promise<Stat> {
    return told('remove', path, async () => {
      throwIfAborted(options.signal, 'remove')
      using spot = this.#served.resolver.place(path)
      using current = new Current(this.#served, spot)
      const before = movable(this.#served, 'remove', path, spot, current)
      current.require('remove', path, options)
      using slot = this.#slot(id)
      if (this.#kept.look(slot)) throw refusal('ALREADY_EXISTS', 'remove', path, `cannot be kept under ${id}, which is taken`)
      renameSync(spot.at, slot.at)
      if (!this.#isTaken(slot, before, options.ifMatch)) throw this.#putBack(path, slot, spot)
      return await settled('remove', path, [slot, spot], () => {
        if (current.now) this.#served.etags.carry(before, current.now)
        return this.#stat(slot) // a caller who goes now changes nothing any more
      })
    })
  }

  back(id: string, path: VfsPath, call: Call = {}): Promise<Stat> {
    return told('restore', path, async () => {
      throwIfAborted(call.signal, 'restore')
      using slot = this.#slot(id)
      const kept = this.#kept.look(slot)
      if (!kept) throw refusal('NOT_FOUND', 'restore', path, `has nothing kept under ${id}`)
      using spot = this.#served.resolver.place(path)
      if (!moved(kept, slot, spot)) throw refusal('ALREADY_EXISTS', 'restore', path, 'exists already')
      return await settled('restore', path, [spot, slot], () => this.#served.stat('restore', path, spot, this.#served.measure.at(spot.at)))
    })
  }

  keep(path: VfsPath, id: string, call: Call = {}): Promise<Stat> {
    return told('keep', path, async () => {
      throwIfAborted(call.signal, 'keep')
      const { spot, found } = this.#served.resolver.follow(path, (at) => this.#served.open('keep', path, at))
      using source = spot
      using opened = found
      using slot = this.#slot(id)
      if (this.#kept.look(slot)) throw refusal('ALREADY_EXISTS', 'keep', path, `cannot be kept under ${id}, which is taken`)
      if (!clone(opened.fd, slot.at)) this.#link(path, source, opened, slot)
      await slot.folder.sync()
      return await this.#stat(slot, call.signal)
    })
  }

  drop(id: string, call: Call = {}): Promise<void> {
    return told('drop', `/${id}`, async () => {
      throwIfAborted(call.signal, 'drop')
      using slot = this.#slot(id)
      const kept = this.#kept.look(slot)
      if (!kept) return
      if (kept.kind !== 'directory') unlinkSync(slot.at)
      else {
        await clear(this.#kept, slot.at, slot.real, call.signal)
        rmdirSync(slot.at)
      }
      await slot.folder.sync()
    })
  }

  [Symbol.dispose](): void {
    this.#kept.resolver[Symbol.dispose]()
  }

  /** The trash of this root, made if it is not there. Two data folders do not share one: their ids could be the same. */
  #home(): string {
    const { root } = this.#served.resolver
    const data = this.#served.secret.folder
    const [above, name] = data && mount(data) === mount(root) ? [data, 'trash'] : [root, `${RESERVED}trash-${hash('sha256', data?.real ?? '').slice(0, 8)}`]
    const home = above.child(name)
    this.#real = join(whereabouts(above) ?? above.real, name)
    try {
      mkdirSync(home, { mode: 0o700 })
      // Else every version control below the root would offer it.
      writeFileSync(`${home}/.gitignore`, '*\n')
    } catch (error) {
      if (!isErrno(error, 'EEXIST')) throw error
    }
    return home
  }

  /** A served folder may have come with a link of the trash's name, by which all that is removed would leave it. */
  #admit({ real }: Folder): void {
    if (within(this.#real, real)) return
    throw new VfsError('OUTSIDE_ROOT', 'the trash of this storage is a link that leads elsewhere; nothing was changed', {
      backend: 'local',
      hint: `Let a person take that link away, which is called ${basename(this.#real)}.`,
    })
  }

  #slot(id: string): Spot {
    if (!/^[\w-]{1,64}$/.test(id)) throw new VfsError('INVALID_ARGUMENT', 'an id of a change has up to 64 letters, digits, "-" and "_"')
    return this.#kept.resolver.place(vfsPath(`/${id}`))
  }

  #stat(slot: Spot, signal?: AbortSignal): Promise<Stat> {
    return this.#kept.stat('keep', vfsPath(`/${slot.name}`), slot, this.#kept.measure.at(slot.at), signal)
  }

  /** Another process may have put something else there between the check and the rename. */
  #isTaken(slot: Spot, before: Facts, ifMatch: string | undefined): boolean {
    const taken = this.#kept.measure.at(slot.at)
    if (taken.ino !== before.ino || taken.dev !== before.dev) return ifMatch === undefined
    return ifMatch === undefined || taken.kind !== 'file' || sameContentTime(taken, before)
  }

  #putBack(path: VfsPath, slot: Spot, spot: Spot): VfsError {
    const back = moved(this.#kept.measure.at(slot.at), slot, spot)
    return back
      ? refusal('CONFLICT', 'remove', path, 'was changed while it was removed; nothing was changed')
      : refusal('OUTCOME_UNKNOWN', 'remove', path, `was changed while it was removed; what was taken is kept under ${slot.name}`)
  }

  /** A link costs nothing, but a program that has the file open could still change it: the etag tells. */
  #link(path: VfsPath, source: Spot, opened: Opened, slot: Spot): void {
    if (opened.facts.names !== 1n) throw refusal('UNSUPPORTED', 'keep', path, 'has other names on the disk, by which it could be changed')
    linkSync(source.at, slot.at)
    const linked = this.#served.measure.opened(opened.fd)
    if (linked.names === 2n) return this.#served.etags.carry(opened.facts, linked)
    unlinkSync(slot.at)
    throw refusal('CONFLICT', 'keep', path, 'was replaced while it was kept')
  }
}

const moved = (kept: Facts, from: Spot, to: Spot): boolean => (kept.kind === 'directory' ? moveFolder(from.at, to.at) : moveFile(from.at, to.at))

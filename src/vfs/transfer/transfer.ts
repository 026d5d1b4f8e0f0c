import type { Stat } from '../../core/backend.ts'
import { VfsError } from '../../core/error.ts'
import type { VfsPath } from '../../core/path.ts'
import { choiceOf, isFiltered, requireFolderFor } from '../choice.ts'
import { refuseOntoItself, refuseReplacing } from '../clash.ts'
import type { Folders } from '../folders.ts'
import { changedSince } from '../precondition.ts'
import type { Cause } from '../step.ts'
import { group, type TakeBack, type TakeBackOne } from '../group.ts'
import { removeTree, takesWhole } from '../remove-tree.ts'
import { statOrNull, type Target } from '../target.ts'
import type { Changed, TransferCall, Walked } from '../types.ts'
import { Engine, type Ground, type Run } from './engine.ts'
import { Failures } from './failures.ts'
import { byCid, copyFile, verify } from './file.ts'
import { Memory } from './memory.ts'
import { Meter } from './meter.ts'
import type { Key } from './places.ts'

const AT_ONCE = 8 // files in flight; more gains nothing on one disk

/** What transfers need of the VFS around them. */
export interface Surroundings extends Ground {
  readonly folders: Folders
  readonly takeBack: TakeBack
  readonly takeBackOne: TakeBackOne
  walk(path: VfsPath, call: TransferCall, leftOut?: Failures): AsyncIterable<Walked>
}

/** What came of the files of a folder. */
type Parts = Required<Pick<Changed, 'bytes' | 'linksLeftOut' | 'leftOut'>>

interface Job {
  readonly from: { readonly path: VfsPath; readonly mount: Target['mount']; readonly inner: VfsPath; readonly place: Key; readonly stat: Stat }
  readonly to: Target
  readonly standing: Stat | null
  readonly call: TransferCall
  readonly cause: Cause
}

/**
 * Copy and move, inside a storage and across storages. The destination is the exact new path. Where nothing stands it is
 * made; a file there is replaced and a folder there is merged into only with `overwrite`; a file never replaces a folder,
 * nor a folder a file. All parts happen or none.
 */
export class Transfers {
  readonly #vfs: Surroundings
  readonly #engine: Engine

  constructor(vfs: Surroundings) {
    this.#vfs = vfs
    this.#engine = new Engine(vfs)
  }

  async copy(from: VfsPath, to: VfsPath, call: TransferCall): Promise<Changed> {
    const job = await this.#prepare('copy', from, to, call)
    if (job.from.stat.kind !== 'directory') return this.#copyFile(job, new Meter(call.onProgress))
    if (this.#goesAsOne(job)) return this.#graft(job)
    await this.#vfs.reading.requireFinite(from, call)
    return this.#copyTree(job)
  }

  async move(from: VfsPath, to: VfsPath, call: TransferCall): Promise<Changed> {
    const source = await this.#vfs.targets.named('move', from, call.signal)
    const job = await this.#prepare('move', from, to, call, source)
    const folder = job.from.stat.kind === 'directory' && !source.link
    if (folder) await this.#vfs.folders.requireWhole('move', source, { recursive: true, to, signal: call.signal })
    const { rename, tree_atomic: tree } = job.to.mount.backend.capabilities
    if (!isFiltered(call) && source.mount.storage === job.to.mount.storage && rename && (tree || !folder)) {
      if (job.standing === null)
        return this.#vfs.changes.rename(source, job.to, job.cause, call.ifMatch, await this.#vfs.folders.missingAbove(job.to, call.signal))
      if (!folder) return this.#replaceByMove(source, job)
    }
    if (folder) await this.#requireGoing(job)
    return this.#moveAcross(source, job)
  }

  /** Links do not go into another storage, nor do pipes and the like, and a source that goes as one would take them away. */
  async #requireGoing({ from, call }: Job): Promise<void> {
    await this.#vfs.reading.requireFinite(from.path, call)
    if (isFiltered(call)) return
    const leftOut = new Failures()
    for await (const { kind, path } of this.#vfs.walk(from.path, call, leftOut)) if (kind === 'link') throw linkStays(path)
    requireNothingLeft({ leftOut })
  }

  /** `source`, if the name itself is taken and not what a link there leads to. */
  async #prepare(op: 'copy' | 'move', from: VfsPath, to: VfsPath, call: TransferCall, source?: Target): Promise<Job> {
    const { mount, inner } = await this.#vfs.targets.readable(op, from, call.signal)
    const stat = await mount.backend.stat(inner, { signal: call.signal })
    if (call.ifMatch !== undefined && call.ifMatch !== '*' && !(await mount.backend.matches(inner, call.ifMatch, call)))
      throw changedSince(op, from, call.ifMatch, stat.etag)
    requireFolderFor(op, call, stat, from)
    const target = await this.#vfs.targets.writable(op, to, call.signal)
    if (stat.kind === 'directory' && call.recursive === false)
      throw new VfsError('IS_DIRECTORY', `${from} is a folder`, { op, path: from, hint: 'Pass recursive=true to take it with all it holds.' })
    const place = source?.place ?? { volume: mount.backend.volume, inner: await mount.backend.locate(inner, { signal: call.signal }), shown: from }
    refuseOntoItself(op, { place }, target)
    const standing = await statOrNull(target, call.signal)
    if (standing) refuseReplacing(op, source?.link ? { kind: 'link' } : stat, standing, to, call.overwrite)
    return { from: { path: from, mount, inner, place, stat }, to: target, standing, call, cause: { actor: call.actor, signal: call.signal } }
  }

  async #copyFile({ from, to, standing, call, cause }: Job, meter: Meter): Promise<Changed> {
    if (from.stat.kind === 'link') throw new VfsError('OUTSIDE_ROOT', `${from.path} is a link that leads nowhere or outside`, { op: 'copy', path: from.path })
    const parents = standing ? [] : await this.#vfs.folders.missingAbove(to, call.signal)
    const done = await copyFile(this.#vfs.changes, { from, to, standing, parents }, cause, meter)
    try {
      await verify(to, done, cause)
    } catch (error) {
      if (done.change && !cause.parent) await this.#vfs.takeBackOne(done.change, { actor: cause.actor }) // else it goes with the whole
      throw error
    }
    meter.file()
    return done
  }

  /** The whole folder, by the CID that it had when it was looked at; no content passes through. */
  async #graft({ from, to, call, cause }: Job): Promise<Changed> {
    const parents = await this.#vfs.folders.missingAbove(to, call.signal)
    return this.#vfs.changes.graft(to, from.stat.cid ?? '', cause, { kind: 'copy', parents, ifNoneMatch: '*' })
  }

  /** True if a whole folder can be taken by its CID: nothing of it is left out, hidden or another mount's, and nothing is merged. */
  #goesAsOne({ from, to, standing, call }: Job): boolean {
    const plain = [from.path, to.place.shown].every((path) => this.#vfs.folders.isPlain(path))
    return standing === null && !isFiltered(call) && byCid(from.mount, to.mount) && plain
  }

  async #copyTree(job: Job): Promise<Changed> {
    const { changes, takeBack } = this.#vfs
    const copied = await group(changes, takeBack, { kind: 'copy', target: job.to, cause: job.cause }, async (cause, change) => ({
      change,
      ...(await this.#copyParts(job, cause, new Meter(job.call.onProgress))),
    }))
    return { ...copied, stat: await job.to.mount.backend.stat(job.to.inner), cas: job.to.mount.backend.capabilities.cas }
  }

  /** Where a folder is merged into, files that are the same already are left alone, and what does not fit is found before anything is done. */
  async #copyParts(job: Job, cause: Cause, meter: Meter): Promise<Parts> {
    const { from, to, standing, call } = job
    const leftOut = new Failures()
    const run: Run = {
      call: { ...call, signal: cause.signal },
      width: AT_ONCE,
      memory: new Memory(),
      verify: true,
      meter,
      leftOut,
      failed: async (_, error) => Promise.reject(error),
    }
    const top = { from: from.path, to: to.place.shown, exists: standing !== null, mode: from.stat.mode }
    if (standing) for await (const _ of this.#engine.plan(from.path, { ...run, leftOut: new Failures() }, []).pages(top)) continue
    const above = await this.#vfs.folders.missingAbove(to, cause.signal)
    if (!standing && call.include?.length) {
      // also where nothing is chosen
      for (const folder of above.splice(0)) await this.#vfs.changes.mkdir(folder, cause)
      await this.#vfs.changes.mkdir(to, cause, { mode: from.stat.mode })
    }
    const plan = this.#engine.plan(from.path, run, above)
    const { bytes } = await this.#engine.carryOut(this.#engine.differing(plan.pages(top), run), run, cause)
    return { bytes, linksLeftOut: plan.linksLeftOut, leftOut }
  }

  async #replaceByMove(source: Target, job: Job): Promise<Changed> {
    const { changes, takeBack, targets } = this.#vfs
    const to = await targets.named('move', job.to.place.shown, job.call.signal)
    const change = await group(changes, takeBack, { kind: 'move', target: to, from: source.place, cause: job.cause }, async (cause, id) => {
      await changes.remove(to, cause, {})
      await changes.rename(source, to, cause, job.call.ifMatch, [])
      return id
    })
    return { change, stat: await job.to.mount.backend.stat(job.to.inner), cas: job.to.mount.backend.capabilities.cas, bytes: 0 }
  }

  /** Copy, verify, then remove; a removal that fails takes the copy back and is reported. */
  async #moveAcross(source: Target, job: Job): Promise<Changed> {
    const meter = new Meter(job.call.onProgress)
    const { changes, takeBack } = this.#vfs
    const moved = await group(changes, takeBack, { kind: 'move', target: job.to, from: source.place, cause: job.cause }, async (cause, change) => {
      const copied = await (job.from.stat.kind === 'directory' ? this.#copyParts(job, cause, meter) : this.#copyFile({ ...job, cause }, meter))
      if (!isFiltered(job.call)) requireNothingLeft(copied)
      await this.#removeMoved(source, job, cause)
      const { bytes, linksLeftOut, leftOut } = copied
      return { change, bytes, linksLeftOut, leftOut }
    })
    return { ...moved, stat: await job.to.mount.backend.stat(job.to.inner), cas: job.to.mount.backend.capabilities.cas }
  }

  /** Without a filter the source goes as one; with one, file by file what matches by now. */
  async #removeMoved(source: Target, job: Job, cause: Cause): Promise<void> {
    const { takes } = choiceOf(job.call, job.from.path)
    const { changes, takeBack } = this.#vfs
    if (!isFiltered(job.call) && job.from.stat.kind === 'directory' && !takesWhole(source)) return void (await removeTree(changes, takeBack, source, cause))
    if (!isFiltered(job.call))
      return void (await this.#vfs.changes.remove(source, cause, { ifMatch: job.from.stat.kind === 'directory' ? undefined : job.from.stat.etag }))
    for await (const entry of this.#vfs.walk(job.from.path, job.call))
      if (entry.kind === 'file' && takes(entry.path))
        await this.#vfs.changes.remove(await this.#vfs.targets.writable('move', entry.path, cause.signal), cause, {})
  }
}

const STAYS = 'Copy the folder, which leaves such out and says so, or move what it holds one by one.'

const linkStays = (path: VfsPath): VfsError =>
  new VfsError('UNSUPPORTED', `${path} is a symbolic link, which cannot move to another storage or into a folder that is there`, {
    op: 'move',
    path,
    hint: STAYS,
  })

/** What has appeared since the move began would go with the source, and stand nowhere. */
function requireNothingLeft({ linksLeftOut, leftOut }: Partial<Parts>): void {
  const [left] = leftOut?.listed ?? []
  if (left) throw new VfsError(left.code, left.message, { op: 'move', path: left.path, hint: STAYS })
  if (linksLeftOut) throw new VfsError('CONFLICT', 'a symbolic link was put into the folder while it was moved', { op: 'move', hint: STAYS })
}

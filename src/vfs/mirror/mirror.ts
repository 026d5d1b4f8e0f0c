import type { Bytes, Call, Precondition, Range, Stat } from '../../core/backend.ts'
import { throwIfAborted, VfsError } from '../../core/error.ts'
import { name, type VfsPath } from '../../core/path.ts'
import type { ChangeId } from '../../journal/types.ts'
import { detailed, type Found } from '../beside.ts'
import type { Changes } from '../change.ts'
import { refuseOntoItself, refuseReplacing } from '../clash.ts'
import type { Folders } from '../folders.ts'
import { group, type TakeBack } from '../group.ts'
import { forEachOf } from '../pool.ts'
import type { Reading } from '../reading.ts'
import type { Cause } from '../step.ts'
import { statOrNull, type Target, type Targets } from '../target.ts'
import type { MirrorCall, Mirrored, MirrorMemory } from '../types.ts'
import { type Filing, Plan, type Trees } from './plan.ts'

const AT_ONCE = 8 // files written at the same time

/** What a mirror needs of the VFS around it. */
export interface Surroundings {
  readonly changes: Changes
  readonly targets: Targets
  readonly folders: Folders
  readonly reading: Reading
  readonly takeBack: TakeBack
}

interface Job {
  readonly plan: Plan
  readonly to: Target
  readonly call: MirrorCall
}

/** Makes one tree like another. What there is to do is known, and may be refused, before anything is done. */
export class Mirrors {
  readonly #vfs: Surroundings

  constructor(vfs: Surroundings) {
    this.#vfs = vfs
  }

  async mirror(from: VfsPath, to: VfsPath, call: MirrorCall): Promise<Mirrored> {
    const target = await this.#vfs.targets.container('mirror', to, { signal: call.signal })
    const plan = await this.#plan(from, target, call)
    const nothing = { change: null, bytes: 0 }
    const done = plan.isEmpty || call.dryRun ? nothing : await this.#carryOut({ plan, to: target, call })
    const { created, updated, deleted, unchanged, linksLeftOut } = plan
    const { listed, more } = plan.leftOut
    return { ...done, created, updated, deleted, unchanged, linksLeftOut, leftOut: { listed, more } }
  }

  async #plan(from: VfsPath, target: Target, call: MirrorCall): Promise<Plan> {
    const { signal } = call
    const to = target.place.shown
    const { mount, inner } = await this.#vfs.targets.readable('mirror', from, signal)
    const source = await mount.backend.stat(inner, { signal })
    refuseOntoItself('mirror', { place: { volume: mount.backend.volume, inner: await mount.backend.locate(inner, { signal }), shown: from } }, target)
    if (source.kind === 'link') throw new VfsError('OUTSIDE_ROOT', `${from} is a link that leads nowhere or outside`, { op: 'mirror', path: from })
    const standing = await statOrNull(target, signal)
    if (standing) refuseReplacing('mirror', source, standing, to, true)
    if (source.kind === 'directory') await this.#vfs.reading.requireFinite(from, call)
    const plan = new Plan(this.#trees(target, call), call.delete === true)
    if (source.kind === 'directory') await plan.folder(from, to, { exists: standing !== null, mode: source.mode })
    else await plan.pair({ from, to, source: found(from, source), standing: standing ? found(to, standing) : undefined })
    if (!call.dryRun && call.delete) await this.#refuseLoss(from, source, plan, call)
    return plan
  }

  #trees(target: Target, { actor, signal, memory = NO_MEMORY, onProgress }: MirrorCall): Trees {
    const { reading, targets, folders } = this.#vfs
    return {
      list: detailed(reading, { actor, signal }),
      read: (path, { etag }) => this.#read(path, { ifMatch: etag, signal }),
      memory,
      compared: (files) => onProgress?.(0, files),
      modes: target.mount.backend.capabilities.modes,
      requireWhole: async (path) => folders.requireWhole('mirror', await targets.named('mirror', path, signal), { recursive: true, signal }),
    }
  }

  async #read(path: VfsPath, options: Call & Range & Precondition): Promise<Bytes> {
    const { mount, inner } = await this.#vfs.targets.readable('mirror', path, options.signal)
    return mount.backend.read(inner, options)
  }

  /** A source that is empty, or not what was meant, would otherwise take everything with it. */
  async #refuseLoss(from: VfsPath, source: Stat, { deleted }: Plan, call: MirrorCall): Promise<void> {
    const { maxDelete = Infinity } = call
    const details = { deletions: deleted.length, max_delete: maxDelete }
    if (deleted.length > maxDelete)
      throw new VfsError('TOO_MANY_DELETIONS', `${deleted.length} files and folders would be deleted, and max_delete is ${maxDelete}`, {
        op: 'mirror',
        details,
      })
    if (source.kind !== 'directory' || deleted.length === 0) return
    for await (const _ of this.#vfs.reading.list(from, call)) return
    throw new VfsError('TOO_MANY_DELETIONS', `${from} is empty, and with delete all ${deleted.length} files and folders would go`, {
      op: 'mirror',
      path: from,
      hint: 'Check the source; if everything is to go, remove it with vfs_remove.',
      details,
    })
  }

  async #carryOut(job: Job): Promise<{ readonly change: ChangeId; readonly bytes: number }> {
    const { changes, takeBack } = this.#vfs
    const cause = { actor: job.call.actor, signal: job.call.signal }
    return group(changes, takeBack, { kind: 'mirror', target: job.to, cause }, async (within, change) => ({ change, bytes: await this.#parts(job, within) }))
  }

  async #parts({ plan, to, call }: Job, cause: Cause): Promise<number> {
    const { changes, targets, folders } = this.#vfs
    let bytes = 0
    let files = plan.unchanged
    for (const { path, standing } of plan.removals) await this.#remove(path, standing, cause)
    const above = to.mount.path === to.place.shown ? [] : await folders.missingAbove(to, cause.signal)
    for (const folder of above) await changes.mkdir(folder, cause)
    for (const { path, mode } of plan.folders) await changes.mkdir(await targets.writable('mirror', path, cause.signal), cause, { mode })
    await forEachOf(plan.files, AT_ONCE, async (file) => {
      throwIfAborted(cause.signal, 'mirror')
      const written = await this.#write(file, cause, call.memory)
      bytes += written
      call.onProgress?.(bytes, ++files)
    })
    return bytes
  }

  async #remove(path: VfsPath, { kind, etag }: Found, cause: Cause): Promise<void> {
    const target = await this.#vfs.targets.named('mirror', path, cause.signal)
    await this.#vfs.changes.remove(target, cause, { ifMatch: kind === 'file' ? etag : undefined })
  }

  /** With the mode and time of the source, where it has them and the storage keeps them. */
  async #write({ from, to, source, standing }: Filing, cause: Cause, memory: MirrorMemory = NO_MEMORY): Promise<number> {
    const target = await this.#vfs.targets.writable('mirror', to, cause.signal)
    const { mode, modified } = source
    const expected = standing ? { ifMatch: standing.etag } : ({ ifNoneMatch: '*' } as const)
    const wish = { ...expected, mode, modified: modified?.getTime() === 0 ? undefined : modified }
    const content = await this.#read(from, { ifMatch: source.etag, reuse: target.mount.backend.usesUp, signal: cause.signal })
    const { stat, bytes } = await this.#vfs.changes.write(target, content, cause, wish)
    const cid = source.cid ?? stat?.cid
    if (stat && cid !== undefined) await memory.learn(to, stat.etag, cid)
    return bytes
  }
}

const NO_MEMORY: MirrorMemory = { recall: async () => undefined, learn: async () => {} }

const found = (path: VfsPath, stat: Stat): Found => ({ ...stat, name: name(path) })

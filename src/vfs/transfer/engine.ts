import { throwIfAborted } from '../../core/error.ts'
import type { VfsPath } from '../../core/path.ts'
import type { ChangeId } from '../../journal/types.ts'
import type { Changes } from '../change.ts'
import { chooser } from '../choice.ts'
import { forEachOf } from '../pool.ts'
import type { Reading } from '../reading.ts'
import type { Cause } from '../step.ts'
import { statOrNull, type Targets } from '../target.ts'
import type { Changed, VfsCall } from '../types.ts'
import { copyFile, verify } from './file.ts'
import type { Meter } from './meter.ts'
import { type Filing, type Found, Plan } from './plan.ts'
import { Places } from './places.ts'
import { Comparison } from './same.ts'

/** What the engine needs of the VFS around it. */
export interface Ground {
  readonly changes: Changes
  readonly targets: Targets
  readonly reading: Reading
}

export interface Run {
  readonly call: VfsCall & { readonly include?: readonly string[] | undefined; readonly exclude?: readonly string[] | undefined }
  /** Files at the same time. */
  readonly width: number
  /** Read back what was written, unless the storage is to be believed. */
  readonly verify: boolean
  readonly meter: Meter
  /** What becomes of a file that fails: what this throws ends the run. `change`: it was written, and is not what it was to be. */
  readonly failed: (path: VfsPath, error: unknown, written?: { readonly change: ChangeId; readonly cause: Cause }) => Promise<void>
}

export interface Tally {
  readonly copied: number
  readonly bytes: number
}

/** Copies many files: lists all, leaves out what is the same, and sends the rest. Both ways of a transfer to fail stand on it. */
export class Engine {
  readonly #vfs: Ground

  constructor(vfs: Ground) {
    this.#vfs = vfs
  }

  /** What lies below a folder, and what stands where it goes. */
  async plan(from: VfsPath, to: VfsPath, exists: boolean, { call, failed }: Run): Promise<Plan> {
    const plan = new Plan({
      list: (path) => this.#list(path, call),
      chosen: chooser(call, from),
      allFolders: !call.include?.length,
      failed,
      signal: call.signal,
    })
    await plan.folder(from, to, exists)
    return plan
  }

  /** Takes out of the plan what is the same already, and tells how many files that are. */
  async leaveOutSame(plan: Plan, { call, width, meter, failed }: Run): Promise<number> {
    const { targets, changes } = this.#vfs
    const comparison = new Comparison(targets, changes.journal, new Places(call.signal), call.signal)
    const differ: Filing[] = []
    const before = meter.files
    await changes.journal.caughtUp()
    await forEachOf(plan.files, width, async (filing) => {
      throwIfAborted(call.signal, 'copy')
      try {
        const isSame = this.#sameMode(filing) && (await comparison.isSame(filing))
        if (isSame) meter.file()
        else differ.push(filing)
      } catch (error) {
        throwIfAborted(call.signal, 'copy')
        await failed(filing.from, error)
      }
    })
    plan.files = differ
    return meter.files - before
  }

  async carryOut(plan: Plan, run: Run, cause: Cause): Promise<Tally> {
    const { width, meter, failed } = run
    const places = new Places(cause.signal)
    let copied = 0
    let bytes = 0
    for (const folder of plan.folders) await this.#makeFolder(folder, cause).catch((error: unknown) => failed(folder, error))
    meter.expect(plan.bytes, plan.files.length)
    await forEachOf(plan.files, width, async (filing) => {
      throwIfAborted(cause.signal, 'copy')
      let done: Changed | undefined
      try {
        done = await this.#copy(filing, places, run, cause)
        if (run.verify) await this.#verify(filing, done, cause)
      } catch (error) {
        const { change } = done ?? {}
        if (!change) throwIfAborted(cause.signal, 'copy')
        return failed(filing.from, error, change ? { change, cause } : undefined)
      }
      copied++
      bytes += done.bytes
      meter.file()
    })
    throwIfAborted(cause.signal, 'copy')
    return { copied, bytes }
  }

  async #copy({ from, to, source, standing }: Filing, places: Places, { meter }: Run, cause: Cause): Promise<Changed> {
    const { changes, targets } = this.#vfs
    const { mount, inner } = await targets.readable('copy', from, cause.signal)
    const target = await targets.writable('copy', to, cause.signal)
    const there = standing?.kind === 'link' ? await statOrNull(target, cause.signal) : (standing ?? null) // a link is followed, a list shows itself
    return copyFile(
      changes,
      { from: { path: from, mount, inner, stat: source, place: await places.of(mount, inner) }, to: target, standing: there, parents: [], listed: true },
      cause,
      meter,
    )
  }

  async #verify({ to }: Filing, done: Changed, cause: Cause): Promise<void> {
    await verify(await this.#vfs.targets.writable('copy', to, cause.signal), done, cause)
  }

  /** Where permission bits are kept they are part of what is copied. */
  #sameMode({ to, source, standing }: Filing): boolean {
    const { modes } = this.#vfs.targets.mountOf('copy', to).backend.capabilities
    return !modes || source.mode === undefined || source.mode === standing?.mode
  }

  async #makeFolder(path: VfsPath, cause: Cause): Promise<void> {
    const target = await this.#vfs.targets.container('copy', path, { signal: cause.signal })
    if ((await statOrNull(target, cause.signal))?.kind !== 'directory') await this.#vfs.changes.mkdir(target, cause)
  }

  async *#list(path: VfsPath, { actor, signal }: VfsCall): AsyncIterable<Found> {
    for await (const entry of this.#vfs.reading.list(path, { actor, signal, details: true })) yield { size: 0, etag: '', ...entry }
  }
}

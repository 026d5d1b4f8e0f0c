import { isCode, throwIfAborted } from '../../core/error.ts'
import type { VfsPath } from '../../core/path.ts'
import type { ChangeId } from '../../journal/types.ts'
import { detailed } from '../beside.ts'
import type { Changes } from '../change.ts'
import { chooser } from '../choice.ts'
import { forEachOf } from '../pool.ts'
import type { Reading } from '../reading.ts'
import type { Cause } from '../step.ts'
import { statOrNull, type Target, type Targets } from '../target.ts'
import type { Changed, VfsCall } from '../types.ts'
import { ahead } from './ahead.ts'
import { copyFile, verify } from './file.ts'
import type { Meter } from './meter.ts'
import { Places } from './places.ts'
import { type Filing, type Page, Plan } from './plan.ts'
import { Comparison } from './same.ts'

const BACKLOG = 10_000 // files that are listed ahead of what is copied

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

/** Copies many files: lists them, leaves out what is the same, and sends the rest meanwhile. Both ways of a transfer to fail stand on it. */
export class Engine {
  readonly #vfs: Ground

  constructor(vfs: Ground) {
    this.#vfs = vfs
  }

  /** What lies below a folder, and what stands where it goes. `above`: folders that are missing above that. */
  plan(from: VfsPath, { call, failed }: Run, above: readonly Target[]): Plan {
    return new Plan({ list: (path) => detailed(this.#vfs.reading, path, call), chosen: chooser(call, from), allFolders: !call.include?.length, failed, signal: call.signal }, above.map(({ place }) => place.shown)) // prettier-ignore
  }

  /** Leaves out what is the same already, and lists ahead of whoever carries out the rest. */
  differing(pages: AsyncIterable<Page>, run: Run): AsyncGenerator<Page> {
    return ahead(this.#differing(pages, run), BACKLOG, ({ files }) => files.length)
  }

  async carryOut(pages: AsyncIterable<Page>, run: Run, cause: Cause): Promise<Tally> {
    const { width, meter, failed } = run
    const places = new Places(cause.signal)
    let copied = 0
    let bytes = 0
    await forEachOf(this.#files(pages, run, cause), width, async (filing) => {
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

  async *#differing(pages: AsyncIterable<Page>, { call, width, meter, failed }: Run): AsyncGenerator<Page> {
    const { targets, changes } = this.#vfs
    const { signal } = call
    const comparison = new Comparison({ targets, journal: changes.journal, places: new Places(signal), width, failed, signal })
    await changes.journal.caughtUp()
    for await (const { folders, files } of pages) {
      const { differ, same } = await comparison.differing(files)
      meter.listed(differ, same)
      if (folders.length + differ.length > 0) yield { folders, files: differ }
    }
    meter.complete()
  }

  /** The folders of a page are made before its files are given. */
  async *#files(pages: AsyncIterable<Page>, { failed }: Run, cause: Cause): AsyncGenerator<Filing> {
    for await (const { folders, files } of pages) {
      for (const folder of folders) await this.#makeFolder(folder, cause).catch((error: unknown) => failed(folder, error))
      yield* files
    }
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

  async #makeFolder(path: VfsPath, cause: Cause): Promise<void> {
    const target = await this.#vfs.targets.container('copy', path, { signal: cause.signal })
    const isThere = async (): Promise<boolean> => (await statOrNull(target, cause.signal))?.kind === 'directory'
    if (await isThere()) return
    try {
      await this.#vfs.changes.mkdir(target, cause)
    } catch (error) {
      if (!isCode(error, 'ALREADY_EXISTS') || !(await isThere())) throw error // somebody else has made it meanwhile
    }
  }
}

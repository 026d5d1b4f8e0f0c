import { isCode, throwIfAborted } from '../../core/error.ts'
import type { VfsPath } from '../../core/path.ts'
import type { ChangeId } from '../../journal/types.ts'
import { detailed, type NewPlace } from '../beside.ts'
import type { Changes } from '../change.ts'
import { choiceOf } from '../choice.ts'
import { forEachOf } from '../pool.ts'
import type { Reading } from '../reading.ts'
import type { Cause } from '../step.ts'
import { statOrNull, type Target, type Targets } from '../target.ts'
import type { Changed, VfsCall } from '../types.ts'
import { atOnce, type Turn, WHOLE } from '../write.ts'
import { ahead } from './ahead.ts'
import { copyFile, verify } from './file.ts'
import type { Failures } from './failures.ts'
import type { Memory } from './memory.ts'
import type { Meter } from './meter.ts'
import { Places } from './places.ts'
import { type Filing, type Page, Plan } from './plan.ts'
import { Comparison } from './same.ts'
import { Turns } from './turns.ts'

const BACKLOG = 10_000 // files that are listed ahead of what is copied
const TOGETHER = 160 // small files whose intents share a flush of the journal: ten MiB at most

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
  readonly memory: Memory
  /** Read back what was written, unless the storage is to be believed. */
  readonly verify: boolean
  readonly meter: Meter
  /** Learns of what is no file that could be copied. */
  readonly leftOut: Failures
  /** What becomes of a file that fails: what this throws ends the run. `change`: it was written, and is not what it was to be. */
  readonly failed: (path: VfsPath, error: unknown, written?: { readonly change: ChangeId; readonly cause: Cause }) => Promise<void>
}

/** What the files of one transfer have in common. */
interface Sending {
  readonly places: Places
  readonly turns: Turns
  readonly run: Run
  readonly cause: Cause
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
  plan(from: VfsPath, { call, failed, leftOut }: Run, above: readonly Target[]): Plan {
    const list = detailed(this.#vfs.reading, call)
    const missing = above.map(({ place }) => place.shown)
    return new Plan({ list, choice: choiceOf(call, from), allFolders: !call.include?.length, failed, leftOut, signal: call.signal }, missing)
  }

  /** Leaves out what is the same already, and lists ahead of whoever carries out the rest. */
  differing(pages: AsyncIterable<Page>, run: Run): AsyncGenerator<Page> {
    return ahead(this.#differing(pages, run), BACKLOG, ({ files }) => files.length)
  }

  async carryOut(pages: AsyncIterable<Page>, run: Run, cause: Cause): Promise<Tally> {
    const tally = { copied: 0, bytes: 0 }
    const turns = new Turns(run.width, cause.signal)
    const places = new Places(cause.signal)
    const send = async (filing: Filing): Promise<void> => {
      const done = await this.#send(filing, { places, turns, run, cause }).catch((error: unknown) => turns.endWith(error))
      if (!done) return
      tally.copied++
      tally.bytes += done.bytes
      run.meter.file()
    }
    await forEachOf(this.#files(pages, run, cause), Math.max(TOGETHER, run.width), send, run.width)
    throwIfAborted(cause.signal, 'copy')
    return tally
  }

  async *#differing(pages: AsyncIterable<Page>, { call, width, memory, meter, failed }: Run): AsyncGenerator<Page> {
    const { targets, changes } = this.#vfs
    const { signal } = call
    const comparison = new Comparison({ targets, journal: changes.journal, places: new Places(signal), width, memory, failed, signal })
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
      for (const folder of folders) await this.#makeFolder(folder, cause).catch((error: unknown) => failed(folder.path, error))
      yield* files
    }
  }

  /** Undefined if it failed, and that was told. What is large waits for its turn as a whole; what is small is begun before, together with others. */
  async #send(filing: Filing, sending: Sending): Promise<Changed | undefined> {
    const { run, cause, turns } = sending
    const { source } = filing
    let done: Changed | undefined
    const copy = async (turn: Turn): Promise<Changed> => {
      const target = await this.#vfs.targets.writable('copy', filing.to, cause.signal)
      done = await this.#copy(filing, target, turn, sending)
      if (run.verify) await verify(target, done, cause)
      return done
    }
    try {
      throwIfAborted(cause.signal, 'copy')
      if (source.size <= WHOLE) return await copy(turns.take)
      return await run.memory.during(source.size, cause.signal, () => turns.take(() => copy(atOnce)))
    } catch (error) {
      const { change } = done ?? {}
      if (!change) throwIfAborted(cause.signal, 'copy')
      await run.failed(filing.from, error, change ? { change, cause } : undefined)
      return undefined
    }
  }

  async #copy({ from, source, standing }: Filing, target: Target, turn: Turn, { places, run, cause }: Sending): Promise<Changed> {
    const { changes, targets } = this.#vfs
    const { mount, inner } = await targets.readable('copy', from, cause.signal)
    const there = standing?.kind === 'link' ? await statOrNull(target, cause.signal) : (standing ?? null) // a link is followed, a list shows itself
    const piece = { from: { path: from, mount, inner, stat: source, place: await places.of(mount, inner) }, to: target, standing: there }
    return copyFile(changes, { ...piece, parents: [], listed: true, turn }, cause, run.meter)
  }

  async #makeFolder({ path, mode }: NewPlace, cause: Cause): Promise<void> {
    const target = await this.#vfs.targets.container('copy', path, { signal: cause.signal })
    const isThere = async (): Promise<boolean> => (await statOrNull(target, cause.signal))?.kind === 'directory'
    if (await isThere()) return
    try {
      await this.#vfs.changes.mkdir(target, cause, { mode })
    } catch (error) {
      if (!isCode(error, 'ALREADY_EXISTS') || !(await isThere())) throw error // somebody else has made it meanwhile
    }
  }
}

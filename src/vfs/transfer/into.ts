import type { VfsPath } from '../../core/path.ts'
import type { ChangeId } from '../../journal/types.ts'
import { requireFolderFor } from '../choice.ts'
import { refuseOntoItself, refuseReplacing } from '../clash.ts'
import type { Folders } from '../folders.ts'
import { gather, type TakeBackOne } from '../group.ts'
import { statOrNull, type Target } from '../target.ts'
import type { CopiedInto, CopyIntoCall } from '../types.ts'
import { Engine, type Ground, type Run, type Tally } from './engine.ts'
import { Failures } from './failures.ts'
import { Memory } from './memory.ts'
import { Meter } from './meter.ts'
import type { Page, Plan } from './plan.ts'

const AT_ONCE = 8
const SHOWN = 100 // paths of a plan that is only shown

export interface Surroundings extends Ground {
  readonly folders: Folders
  readonly takeBackOne: TakeBackOne
}

/** Copies as far as it goes: a file that fails is told, what is done stays, and the same call again sends what is missing. */
export class Merges {
  readonly #vfs: Surroundings
  readonly #engine: Engine

  constructor(vfs: Surroundings) {
    this.#vfs = vfs
    this.#engine = new Engine(vfs)
  }

  async copyInto(from: VfsPath, to: VfsPath, call: CopyIntoCall): Promise<CopiedInto> {
    const failures = new Failures()
    const run = this.#run(call, failures)
    const target = await this.#vfs.targets.container('copy', to, { signal: call.signal })
    const { plan, pages } = await this.#plan(from, target, run)
    const differing = this.#engine.differing(pages, run)
    const done = await (call.dryRun ? outline(differing) : this.#carryOut(differing, target, run, failures))
    return { ...done, skipped: run.meter.same, failed: failures.listed, failedMore: failures.more, linksLeftOut: plan.linksLeftOut }
  }

  #run(call: CopyIntoCall, failures: Failures): Run {
    return {
      call,
      width: call.concurrency ?? AT_ONCE,
      memory: new Memory(),
      verify: call.verify !== false,
      meter: new Meter(call.onProgress),
      leftOut: failures,
      failed: async (path, error, written) => {
        failures.add(path, error)
        if (written) await this.#vfs.takeBackOne(written.change, { actor: call.actor, parent: written.cause.parent })
      },
    }
  }

  async #plan(from: VfsPath, target: Target, run: Run): Promise<{ readonly plan: Plan; readonly pages: AsyncIterable<Page> }> {
    const { signal } = run.call
    const to = target.place.shown
    const { mount, inner } = await this.#vfs.targets.readable('copy', from, signal)
    const source = await mount.backend.stat(inner, { signal })
    requireFolderFor('copy', run.call, source, from)
    refuseOntoItself('copy', { place: { volume: mount.backend.volume, inner: await mount.backend.locate(inner, { signal }), shown: from } }, target)
    const standing = await statOrNull(target, signal)
    if (standing) refuseReplacing('copy', source, standing, to, true)
    if (source.kind === 'directory') await this.#vfs.reading.requireFinite(from, run.call)
    const plan = this.#engine.plan(from, run, target.mount.path === to ? [] : await this.#vfs.folders.missingAbove(target, signal))
    const pages = source.kind === 'directory' ? plan.pages({ from, to, exists: standing !== null, mode: source.mode }) : plan.single(from, to, source, standing)
    return { plan, pages }
  }

  /** A change is begun when there is something to do. */
  async #carryOut(pages: AsyncGenerator<Page>, to: Target, run: Run, failures: Failures): Promise<Tally & { readonly change: ChangeId | null }> {
    const first = await pages.next()
    if (first.done) return { change: null, copied: 0, bytes: 0 }
    try {
      const { actor, signal } = run.call
      const spec = { kind: 'copy' as const, target: to, cause: { actor, signal } }
      const left = (): string | undefined => (failures.count === 0 ? undefined : failures.summary())
      return await gather(this.#vfs.changes, spec, left, async (cause, change) => ({
        ...(await this.#engine.carryOut(resumed(first.value, pages), run, cause)),
        change,
      }))
    } finally {
      await pages.return(undefined)
    }
  }
}

async function* resumed<T>(first: T, rest: AsyncIterable<T>): AsyncGenerator<T> {
  yield first
  yield* rest
}

/** What would be done. */
async function outline(pages: AsyncIterable<Page>): Promise<Pick<CopiedInto, 'change' | 'copied' | 'bytes' | 'planned'>> {
  const planned: VfsPath[] = []
  let copied = 0
  let bytes = 0
  for await (const { files } of pages) {
    copied += files.length
    bytes += files.reduce((sum, { source }) => sum + source.size, 0)
    planned.push(...files.slice(0, SHOWN - planned.length).map(({ from }) => from))
  }
  return { change: null, copied, bytes, planned }
}

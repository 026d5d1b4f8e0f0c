import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Call } from '../../core/backend.ts'
import { throwIfAborted, VfsError } from '../../core/error.ts'
import { retryDelay } from '../../sqlite/busy.ts'
import { Hold } from '../../sqlite/hold.ts'
import { Share } from '../../sqlite/share.ts'
import type { KuboStore } from './store.ts'

const PATIENCE_MS = 30_000

/** Held by whoever collects or waits to; and in parts by whoever has an open guard, so that the collector has it whole when nobody has. */
const COLLECTOR = 'kubo-collector'
const WRITERS = 'kubo-writers'

export interface GuardParts {
  /** The data folder. */
  readonly folder: string
  readonly store: Pick<KuboStore, 'collecting' | 'setCollecting'>
  /** Resolves once the daemon is in no collection. */
  readonly collected: (call: Call) => Promise<void>
}

/**
 * Kubo's collection knows of pins and of its mutable tree, not of what is about to be named, and what it has begun it
 * ends on what it knew. So ours runs only while no process of the data folder has an open guard, and guards wait for its
 * end. A guard inside another one of its process never waits.
 */
export class KuboGuards implements Disposable {
  readonly #run: string
  readonly #parts: GuardParts
  readonly #share: Share
  /** That the share is taken for, those who are still to be let in among them. */
  #users = 0
  #inside = 0

  constructor(parts: GuardParts) {
    this.#run = join(parts.folder, 'run')
    this.#parts = parts
    this.#share = new Share(this.#run, WRITERS)
  }

  /** Rejects BUSY where a collection takes longer than a caller can wait. */
  async open(call: Call = {}): Promise<AsyncDisposable> {
    for (const deadline = performance.now() + PATIENCE_MS; !(await this.#entered(call)); await sleep(retryDelay())) {
      throwIfAborted(call.signal, 'add')
      if (performance.now() > deadline) throw busy('the repository of the daemon is being collected', 'Repeat the call later.')
    }
    let close = (): void => {
      this.#inside--
      this.#leave()
    }
    const once = async (): Promise<void> => {
      close()
      close = () => {}
    }
    return { [Symbol.asyncDispose]: once }
  }

  /**
   * Runs `work` while no guard is open. Rejects BUSY while another one collects, or where writers leave no moment for it. If
   * `work` fails, nobody knows whether the daemon has ended: the next guard waits for that.
   */
  async alone<T>(call: Call, work: () => Promise<T>): Promise<T> {
    const { store } = this.#parts
    mkdirSync(this.#run, { recursive: true, mode: 0o700 })
    using stack = new DisposableStack()
    stack.use(await this.#held(COLLECTOR, 1000, call, 'another process is collecting now'))
    await store.setCollecting(true)
    stack.use(await this.#undisturbed(call))
    const result = await work()
    await store.setCollecting(false)
    return result
  }

  [Symbol.dispose](): void {
    this.#share[Symbol.dispose]()
  }

  async #undisturbed(call: Call): Promise<Hold> {
    try {
      return await this.#held(WRITERS, PATIENCE_MS, call, 'agents keep adding to the daemon')
    } catch (error) {
      await this.#parts.store.setCollecting(false) // nothing has begun
      throw error
    }
  }

  async #held(name: string, patienceMs: number, { signal }: Call, reason: string): Promise<Hold> {
    const hold = await Hold.soon(this.#run, name, { patienceMs, signal, op: 'collect' })
    if (!hold) throw busy(reason, 'Collect again later.')
    return hold
  }

  async #entered(call: Call): Promise<boolean> {
    if (this.#users === 0 && !this.#share.take()) return false
    this.#users++
    const isIn = await this.#isFree(call).catch((error: unknown) => {
      this.#leave()
      throw error
    })
    if (isIn) this.#inside++
    else this.#leave()
    return isIn
  }

  async #isFree(call: Call): Promise<boolean> {
    return this.#inside > 0 || !(await this.#parts.store.collecting()) || this.#ended(call)
  }

  /** False while a collector waits. One that died may have left the daemon at work. */
  async #ended(call: Call): Promise<boolean> {
    const collector = Hold.try(this.#run, COLLECTOR)
    if (!collector) return false
    try {
      await this.#parts.collected(call)
      await this.#parts.store.setCollecting(false)
      return true
    } finally {
      collector.release()
    }
  }

  #leave(): void {
    if (--this.#users === 0) this.#share.drop()
  }
}

const busy = (message: string, hint: string): VfsError => new VfsError('BUSY', message, { hint })

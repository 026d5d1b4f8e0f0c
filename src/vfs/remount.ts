import { setTimeout as sleep } from 'node:timers/promises'
import { orAborted } from '../core/bytes.ts'
import type { EventBus } from '../core/events.ts'
import type { MountTable } from './mounts.ts'
import type { MountSpec } from './types.ts'

const FIRST_MS = 500
const LONGEST_MS = 30_000

/** What could not be opened when it was to be mounted is tried again, with growing pauses, until it stands in its place. */
export class Remounts implements AsyncDisposable {
  readonly #table: MountTable
  readonly #events: EventBus
  readonly #over = new AbortController()
  readonly #trying: Promise<void>[] = []

  constructor(table: MountTable, events: EventBus) {
    this.#table = table
    this.#events = events
  }

  /** `open` rejects while it cannot be. */
  watch(open: () => Promise<MountSpec>): void {
    this.#trying.push(this.#try(open))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort()
    await Promise.all(this.#trying)
  }

  async #try(open: () => Promise<MountSpec>): Promise<void> {
    const { signal } = this.#over
    for (let pause = FIRST_MS; ; pause = Math.min(LONGEST_MS, pause * 2)) {
      await sleep(pause, undefined, { signal, ref: false }).catch(() => {})
      if (signal.aborted) return
      const spec = await orAborted(open(), signal).catch(() => undefined) // a storage may be silent
      if (signal.aborted) return
      if (!spec) continue
      this.#table.replace(spec)
      return void this.#events.emit('mounts', { path: spec.path, mounted: true })
    }
  }
}

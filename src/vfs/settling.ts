import { setTimeout as sleep } from 'node:timers/promises'
import type { EventBus, Events } from '../core/events.ts'
import type { Journal } from '../journal/types.ts'

const START_MS = 3000 // nobody waits longer for a storage that is silent, as with its opening

interface SettlingParts {
  readonly journal: Pick<Journal, 'recover'>
  readonly events: EventBus
  readonly failed: (error: unknown) => void
}

/** Has settled what dead processes left open: at the start, and on a storage as soon as it is mounted here. */
export class Settling implements AsyncDisposable {
  readonly #parts: SettlingParts

  constructor(parts: SettlingParts) {
    this.#parts = parts
    parts.events.on('mounts', this.#onMounts)
  }

  /** Resolves when all is settled, or goes on where a storage does not answer; what lies there stays locked meanwhile. Rejects what `recover` rejects until then. */
  async begin(): Promise<void> {
    const late = new AbortController()
    const slow = sleep(START_MS, true, { signal: late.signal })
    const settling = this.#parts.journal.recover()
    try {
      if (await Promise.race([slow, settling.then(() => false)])) settling.catch(this.#parts.failed)
    } finally {
      late.abort()
      slow.catch(() => {})
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#parts.events.off('mounts', this.#onMounts)
  }

  readonly #onMounts = ({ mounted }: Events['mounts'][0]): void => {
    const { journal, failed } = this.#parts
    if (mounted) journal.recover().catch(failed)
  }
}

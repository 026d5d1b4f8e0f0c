import type { EventBus, Events } from '../core/events.ts'

/** Has settled what dead processes left open on a storage as soon as it is mounted here. */
export class Settling implements AsyncDisposable {
  readonly #events: EventBus
  readonly #settle: () => Promise<void>
  #last = Promise.resolve()

  /** `settle` must not reject. */
  constructor(events: EventBus, settle: () => Promise<void>) {
    this.#events = events
    this.#settle = settle
    events.on('mounts', this.#onMounts)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#events.off('mounts', this.#onMounts)
    await this.#last
  }

  readonly #onMounts = ({ mounted }: Events['mounts'][0]): void => {
    if (mounted) this.#last = this.#last.then(this.#settle)
  }
}

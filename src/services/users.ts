import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Hold } from '../sqlite/hold.ts'
import type { Store } from './store.ts'

/** The processes that use a service: as long as one of them lives, the service runs. */
export class Users {
  readonly #run: string
  readonly #store: Store
  readonly #service: string
  #own: Hold | undefined
  readonly #lock = `user-${randomUUID()}`

  constructor(run: string, store: Store, service: string) {
    this.#run = run
    this.#store = store
    this.#service = service
  }

  /** Whether this process is one of them. */
  get joined(): boolean {
    return this.#own !== undefined
  }

  async join(): Promise<void> {
    this.#own ??= Hold.try(this.#run, this.#lock)
    await this.#store.addUser(this.#lock, this.#service)
  }

  async leave(): Promise<void> {
    await this.#store.removeUser(this.#lock)
    this.#own?.remove()
    this.#own = undefined
  }

  /** Whether others live. Those that have died are forgotten. */
  async others(): Promise<boolean> {
    let living = false
    for (const lock of await this.#store.users(this.#service)) {
      if (lock === this.#lock) continue
      const dead = Hold.try(this.#run, lock, { existing: true })
      if (!dead && existsSync(join(this.#run, `${lock}.lock`))) living = true
      else await this.#forget(lock, dead)
    }
    return living
  }

  async #forget(lock: string, hold: Hold | undefined): Promise<void> {
    await this.#store.removeUser(lock)
    hold?.remove()
  }
}

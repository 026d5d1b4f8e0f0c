import { isCode } from '../core/error.ts'
import { Committer, type CommitOptions } from '../sqlite/committer.ts'
import type { Database } from '../sqlite/database.ts'
import type { Reserve } from '../sqlite/reserve.ts'
import type { Ledger } from './ledger.ts'

const PURGED_BYTES = 1 << 20 // at once, when the disk is full
const MOST_PAGES = 0xfffffffe // SQLite's own bound

/** Commits to the journal. Where its disk is full the contents that were kept longest go first: a change that can't be made is worse than one that can't be undone. */
export class Commits extends Committer {
  readonly #db: Database
  readonly #ledger: Ledger
  readonly #reserve: Reserve
  #isBounded = false
  #making: Promise<boolean> | undefined

  constructor(db: Database, ledger: Ledger, reserve: Reserve) {
    super(db)
    this.#db = db
    this.#ledger = ledger
    this.#reserve = reserve
  }

  override async run<T>(work: () => T, options?: CommitOptions): Promise<T> {
    try {
      return await super.run(work, options)
    } catch (error) {
      if (!isCode(error, 'DISK_FULL') || !(await this.#makeRoom())) throw error
      return super.run(work, options)
    }
  }

  /** False if there is nothing that could go. */
  #makeRoom(): Promise<boolean> {
    return (this.#making ??= this.#make().finally(() => (this.#making = undefined)))
  }

  async #make(): Promise<boolean> {
    const wasBounded = this.#isBounded
    if (!wasBounded || !(await this.#reserve.keep())) {
      this.#bound()
      if ((await super.run(() => this.#ledger.purge(PURGED_BYTES))) > 0) return true
    }
    this.#unbound()
    return wasBounded // the disk may have room again
  }

  /** From now on the journal takes no more of the disk: what stands in the log gets its place by the room that was laid by, and the log begins anew in its own. */
  #bound(): void {
    this.#reserve.give()
    try {
      this.#db.pragma('wal_checkpoint(restart)')
    } catch {
      // readers, or others who took that room: then the log goes on where it is
    }
    this.#db.pragma(`max_page_count = ${Number(this.#db.pragma('page_count'))}`)
    this.#isBounded = true
  }

  #unbound(): void {
    this.#db.pragma(`max_page_count = ${MOST_PAGES}`)
    this.#isBounded = false
  }
}

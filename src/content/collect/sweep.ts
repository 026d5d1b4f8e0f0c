import { setTimeout as sleep } from 'node:timers/promises'
import { throwIfAborted } from '../../core/error.ts'
import { patiently } from '../../sqlite/busy.ts'
import type { Committer } from '../../sqlite/committer.ts'
import type { Database } from '../../sqlite/database.ts'
import type { BlockFiles } from '../blocks/files.ts'
import type { Tally } from './tally.ts'
import type { CollectOptions, Reason } from './types.ts'

const PAGE = 1000
const ROWS_AT_ONCE = 256
const FILES_AT_ONCE = 16 // an unlink takes as long as many rows
const PAUSE_MS = 3 // as long as those who wait for the write lock sleep at most

interface Header {
  readonly id: number
  readonly multihash: Buffer
  readonly size: number
  readonly generation: number
  readonly filed: number
}

export interface Store {
  readonly db: Database
  readonly committer: Committer
  readonly files: BlockFiles
}

/** Takes the blocks of earlier generations that nothing reaches, a few at a time under the write lock. */
export class Sweep {
  readonly #store: Store
  readonly #below: number
  readonly #tally: Tally
  readonly #options: CollectOptions

  constructor(store: Store, below: number, tally: Tally, options: CollectOptions) {
    this.#store = store
    this.#below = below
    this.#tally = tally
    this.#options = options
  }

  async run(reasonOf: (multihash: Uint8Array) => Reason | undefined): Promise<void> {
    let seen = 0
    for (let last = 0; ;) {
      throwIfAborted(this.#options.signal, 'collect')
      const page = await this.#page(last)
      const condemned = page.filter((row) => !this.#keep(row, reasonOf(row.multihash)))
      for (const few of chunks(condemned)) await this.#free(few)
      this.#options.onProgress?.('sweep', (seen += page.length))
      last = page.at(-1)?.id ?? last
      if (page.length < PAGE) return
    }
  }

  #page(after: number): Promise<Header[]> {
    const sql = 'SELECT rowid AS id, multihash, size, generation, content IS NULL AS filed FROM block WHERE rowid > ? ORDER BY rowid LIMIT ?'
    return patiently(() => this.#store.db.all<Header>(sql, after, PAGE))
  }

  #keep({ size, generation }: Header, reached: Reason | undefined): boolean {
    const reason = reached ?? (generation >= this.#below ? 'recent' : undefined)
    if (reason) this.#tally.keep(reason, size)
    return reason !== undefined
  }

  async #free(few: readonly Header[]): Promise<void> {
    throwIfAborted(this.#options.signal, 'collect')
    const gone = this.#options.dryRun ? few : await this.#store.committer.run(() => few.filter((row) => this.#take(row)), { durable: false })
    for (const { size } of gone) this.#tally.free(size)
    if (!this.#options.dryRun) await sleep(PAUSE_MS)
  }

  /**
   * A block that was put or raised meanwhile stays. The file goes inside the transaction: whoever wants it again raises the
   * row first, so he finds either both or none; a crash between the two leaves a row without a file, which is as good as none.
   */
  #take({ multihash, filed }: Header): boolean {
    if (this.#store.db.run('DELETE FROM block WHERE multihash = ? AND generation < ?', multihash, this.#below) === 0) return false
    if (filed === 1) this.#store.files.remove(multihash)
    return true
  }
}

function* chunks(rows: readonly Header[]): Generator<readonly Header[]> {
  const filed = rows.filter((row) => row.filed === 1)
  const small = rows.filter((row) => row.filed === 0)
  for (let at = 0; at < small.length; at += ROWS_AT_ONCE) yield small.slice(at, at + ROWS_AT_ONCE)
  for (let at = 0; at < filed.length; at += FILES_AT_ONCE) yield filed.slice(at, at + FILES_AT_ONCE)
}

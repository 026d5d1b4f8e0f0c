import { join } from 'node:path'
import { VfsError } from '../../core/error.ts'
import type { Committer } from '../../sqlite/committer.ts'
import type { Database } from '../../sqlite/database.ts'
import { ifDead, type Sign } from '../../sqlite/life.ts'

/** What open operations leave to a collection. */
export interface Bounds {
  /** Only blocks of earlier generations may go. */
  readonly below: number
  /** What open operations have named. */
  readonly named: readonly string[]
}

/** The beginning and the end of a collection, as every process of the data folder sees them. */
export class Epoch {
  readonly #db: Database
  readonly #committer: Committer
  readonly #run: string

  constructor(db: Database, committer: Committer, folder: string) {
    this.#db = db
    this.#committer = committer
    this.#run = join(folder, 'run')
  }

  /** From here on every put has a generation that this collection leaves alone. */
  async begin(): Promise<Bounds> {
    await this.#forgetDead()
    return this.#committer.run(() => {
      this.#db.run('UPDATE epoch SET generation = generation + 1, collecting = 1')
      return this.#bounds(0)
    })
  }

  /** What a collection would find that began now. */
  async foresee(): Promise<Bounds> {
    await this.#forgetDead()
    return this.#committer.run(() => this.#bounds(1), { durable: false })
  }

  async end(): Promise<void> {
    await this.#committer.run(() => this.#db.run('UPDATE epoch SET collecting = 0'))
  }

  #bounds(ahead: number): Bounds {
    const epoch = this.#db.get<{ generation: number; least: number | null }>('SELECT generation, (SELECT min(generation) FROM guard) AS least FROM epoch')
    if (!epoch) throw new VfsError('INTERNAL', 'the index of the blocks lacks a row that is always there')
    const named = this.#db.all<{ cid: string }>('SELECT cid FROM guard WHERE cid IS NOT NULL').map(({ cid }) => cid)
    return { below: epoch.least ?? epoch.generation + ahead, named }
  }

  /** Operations end with their process. */
  async #forgetDead(): Promise<void> {
    for (const process of this.#db.all<Sign & { id: number }>('SELECT id, lock, pid FROM process'))
      await ifDead(this.#run, process, () =>
        this.#committer.run(() => {
          this.#db.run('DELETE FROM guard WHERE owner = ?', process.id)
          return this.#db.run('DELETE FROM process WHERE id = ?', process.id) > 0
        }),
      )
  }
}

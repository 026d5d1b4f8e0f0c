import { join } from 'node:path'
import { VfsError } from '../core/error.ts'
import type { Committer } from '../sqlite/committer.ts'
import type { Database } from '../sqlite/database.ts'
import { ifDead, Life, type Sign } from '../sqlite/life.ts'

export interface ProcessRow extends Sign {
  readonly id: number
}

/** The processes that share the journal, and the proof that one of them is dead (journal.md, 3). */
export class Processes {
  readonly #db: Database
  readonly #committer: Committer
  readonly #run: string
  #lock: string | undefined
  #self: Promise<{ readonly id: number; readonly life: Life }> | undefined

  constructor(db: Database, committer: Committer, folder: string) {
    this.#db = db
    this.#committer = committer
    this.#run = join(folder, 'run')
  }

  /** This process's number. It is registered by its first change: one that only reads leaves no trace. */
  async self(): Promise<number> {
    this.#self ??= this.#register()
    try {
      return (await this.#self).id
    } catch (error) {
      this.#self = undefined // the next change tries again
      throw error
    }
  }

  get isRegistered(): boolean {
    return this.#lock !== undefined
  }

  others(): ProcessRow[] {
    return this.#db.all<ProcessRow>('select id, lock, pid from process where lock <> ?', this.#lock ?? '')
  }

  row(id: number): ProcessRow | undefined {
    return this.#db.get<ProcessRow>('select id, lock, pid from process where id = ?', id)
  }

  /**
   * If the process is dead, runs `work` while no other process can judge it, and forgets the process if nothing is open
   * in its name any more.
   */
  ifDead(process: ProcessRow, work: () => void): Promise<boolean> {
    return ifDead(this.#run, process, () =>
      this.#committer.run(() => {
        work()
        return this.#forget(process.id)
      }),
    )
  }

  /** An orderly end. What is still open in its name then belongs to a dead process. */
  async leave(): Promise<void> {
    if (!this.#self) return
    const { id, life } = await this.#self
    life.end({ forgotten: await this.#committer.run(() => this.#forget(id)).catch(() => false) })
  }

  /** First the lock, then the row by which others find it. */
  async #register(): Promise<{ readonly id: number; readonly life: Life }> {
    const life = Life.begin(this.#run)
    try {
      const id = await this.#committer.run(() => this.#insert(life.sign))
      this.#lock = life.sign.lock
      return { id, life }
    } catch (error) {
      life.end({ forgotten: true })
      throw error
    }
  }

  #insert({ lock, pid }: Sign): number {
    const row = this.#db.get<{ id: number }>('insert into process (lock, pid) values (?, ?) returning id', lock, pid)
    if (!row) throw new VfsError('INTERNAL', 'the database gave a new row no number')
    return row.id
  }

  #forget(id: number): boolean {
    return this.#db.run('delete from process where id = ? and not exists (select 1 from change where owner = process.id)', id) > 0
  }
}

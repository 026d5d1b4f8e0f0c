import { randomUUID } from 'node:crypto'
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { VfsError } from '../core/error.ts'
import type { Committer } from '../sqlite/committer.ts'
import type { Database } from '../sqlite/database.ts'
import { Hold } from '../sqlite/hold.ts'

export interface ProcessRow {
  readonly id: number
  readonly lock: string
  readonly pid: number
}

/** The processes that share the journal, and the proof that one of them is dead (journal.md, 3). */
export class Processes {
  readonly #db: Database
  readonly #committer: Committer
  readonly #run: string
  #lock: string | undefined
  #self: Promise<{ readonly id: number; readonly hold: Hold }> | undefined

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
  async ifDead(process: ProcessRow, work: () => void): Promise<boolean> {
    const hold = Hold.try(this.#run, process.lock, { existing: true })
    if (!hold && !this.#isLost(process)) return false
    let forgotten = false
    try {
      forgotten = await this.#committer.run(() => {
        work()
        return this.#forget(process.id)
      })
    } finally {
      if (forgotten) hold?.remove()
      else hold?.release()
    }
    return true
  }

  /** An orderly end. What is still open in its name then belongs to a dead process. */
  async leave(): Promise<void> {
    if (!this.#self) return
    const { id, hold } = await this.#self
    const forgotten = await this.#committer.run(() => this.#forget(id)).catch(() => false)
    if (forgotten) hold.remove()
    else hold.release()
  }

  /** First the lock, then the row by which others find it: a row without a held lock is a dead process. */
  async #register(): Promise<{ readonly id: number; readonly hold: Hold }> {
    mkdirSync(this.#run, { recursive: true, mode: 0o700 })
    const lock = randomUUID()
    const hold = Hold.try(this.#run, lock)
    if (!hold) throw new VfsError('INTERNAL', 'a lock file of a new name is held by somebody')
    try {
      flushFolder(this.#run)
      const id = await this.#committer.run(() => this.#insert(lock))
      this.#lock = lock
      return { id, hold }
    } catch (error) {
      hold.remove()
      throw error
    }
  }

  #insert(lock: string): number {
    const row = this.#db.get<{ id: number }>('insert into process (lock, pid) values (?, ?) returning id', lock, process.pid)
    if (!row) throw new VfsError('INTERNAL', 'the database gave a new row no number')
    return row.id
  }

  #forget(id: number): boolean {
    return this.#db.run('delete from process where id = ? and not exists (select 1 from change where owner = process.id)', id) > 0
  }

  /** Somebody has deleted the lock file, so nothing can be proven by it: then the process counts as dead once its number is free. */
  #isLost({ lock, pid }: ProcessRow): boolean {
    return !existsSync(join(this.#run, `${lock}.lock`)) && !isRunning(pid)
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH')
  }
}

/** So that a power cut does not take a lock file whose row has stayed. */
function flushFolder(folder: string): void {
  const fd = openSync(folder, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

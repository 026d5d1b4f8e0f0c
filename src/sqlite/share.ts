import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { asVfsError, isBusy } from './busy.ts'
import { Database } from './database.ts'

/**
 * A part of what a `Hold` has whole: any number of connections have one at the same time, and while they do, nobody holds
 * the name. The system frees it with the process, as it does a hold.
 */
export class Share implements Disposable {
  readonly #folder: string
  readonly #name: string
  #db: Database | undefined

  constructor(folder: string, name: string) {
    this.#folder = folder
    this.#name = name
  }

  /** False while somebody holds the name. */
  take(): boolean {
    try {
      const db = (this.#db ??= this.#open())
      db.run('begin')
      return this.#read(db)
    } catch (error) {
      if (isBusy(error)) return false
      throw asVfsError(error)
    }
  }

  /** Of a part that was taken. */
  drop(): void {
    this.#db?.run('rollback')
  }

  [Symbol.dispose](): void {
    this.#db?.close()
    this.#db = undefined
  }

  /** The transaction takes its lock by its first look. */
  #read(db: Database): true {
    try {
      db.get('SELECT 1 FROM sqlite_master')
      return true
    } catch (error) {
      db.run('rollback')
      throw error
    }
  }

  #open(): Database {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
    return new Database(join(this.#folder, `${this.#name}.lock`))
  }
}

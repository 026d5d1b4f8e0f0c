import { setTimeout as sleep } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { VfsError } from '../core/error.ts'

export type Statement<Row> = Database.Statement<unknown[], Row>

interface Job {
  readonly work: () => unknown
  readonly resolve: (result: never) => void
  readonly reject: (error: unknown) => void
}

/**
 * A SQLite database that several processes write at once. Writes of one process that come together share one durable
 * transaction. Nobody waits inside SQLite, where the whole process would stand still: a busy database is tried again.
 */
export class SharedDatabase {
  readonly #db: Database.Database
  readonly #patienceMs: number
  #queue: Job[] = []
  #draining: Promise<void> | undefined

  private constructor(db: Database.Database, patienceMs: number) {
    this.#db = db
    this.#patienceMs = patienceMs
  }

  /** `migrations` bring a database from version n to n + 1. Rejects DATA_FOLDER_NEWER; BUSY once others held it too long. */
  static async open(file: string, migrations: readonly string[], patienceMs = 5000): Promise<SharedDatabase> {
    const db = new Database(file, { timeout: 0 })
    await patiently(patienceMs, () => db.pragma('journal_mode = WAL'))
    db.pragma('synchronous = FULL') // WAL's own default can lose a commit with the power
    const shared = new SharedDatabase(db, patienceMs)
    await shared.write(() => migrate(db, migrations))
    return shared
  }

  prepare<Row>(sql: string): Statement<Row> {
    return this.#db.prepare<unknown[], Row>(sql)
  }

  read<T>(work: () => T): Promise<T> {
    return patiently(this.#patienceMs, work)
  }

  /** Runs `work`, which must not wait, in a transaction; durable when it resolves. If it throws, nothing of it stays. */
  write<T>(work: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#queue.push({ work, resolve, reject })
      this.#draining ??= this.#drain()
    })
  }

  async close(): Promise<void> {
    await this.#draining
    this.#db.close()
  }

  async #drain(): Promise<void> {
    await new Promise(setImmediate) // lets the other writers of this turn come in
    while (this.#queue.length > 0) {
      const jobs = this.#queue
      this.#queue = []
      await this.#commit(jobs)
    }
    this.#draining = undefined // in the same step as the last look at the queue: nobody is left behind
  }

  async #commit(jobs: readonly Job[]): Promise<void> {
    try {
      await patiently(this.#patienceMs, () => this.#db.exec('BEGIN IMMEDIATE'))
      const answers = jobs.map((job) => this.#run(job)) // no waiting from here to COMMIT
      this.#db.exec('COMMIT')
      for (const answer of answers) answer()
    } catch (error) {
      if (this.#db.inTransaction) this.#db.exec('ROLLBACK')
      for (const { reject } of jobs) reject(fromSqlite(error))
    }
  }

  /** The answer is held back until the transaction is durable. */
  #run({ work, resolve, reject }: Job): () => void {
    this.#db.exec('SAVEPOINT job')
    try {
      const result = work() as never
      this.#db.exec('RELEASE job')
      return () => resolve(result)
    } catch (error) {
      if (!this.#db.inTransaction) throw error // SQLite itself has rolled all back: a full disk
      this.#db.exec('ROLLBACK TO job; RELEASE job')
      return () => reject(fromSqlite(error))
    }
  }
}

function migrate(db: Database.Database, migrations: readonly string[]): void {
  const version = db.pragma('user_version', { simple: true }) as number
  if (version > migrations.length) throw new VfsError('DATA_FOLDER_NEWER', 'the data folder was written by a newer polymount', { details: { version } })
  for (const sql of migrations.slice(version)) db.exec(sql)
  db.pragma(`user_version = ${migrations.length}`)
}

async function patiently<T>(patienceMs: number, work: () => T): Promise<T> {
  for (const deadline = Date.now() + patienceMs; ;) {
    try {
      return work()
    } catch (error) {
      if (!isBusy(error) || Date.now() > deadline) throw fromSqlite(error)
      await sleep(1 + Math.random() * 2)
    }
  }
}

const isBusy = (error: unknown): boolean => error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')

function fromSqlite(error: unknown): unknown {
  if (!(error instanceof Database.SqliteError)) return error
  if (isBusy(error)) return new VfsError('BUSY', 'another process holds the database of the data folder', { cause: error })
  if (error.code === 'SQLITE_FULL') return new VfsError('DISK_FULL', 'the disk of the data folder is full', { cause: error })
  return new VfsError('IO_ERROR', 'the database of the data folder failed', { cause: error })
}

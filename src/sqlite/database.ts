import { statSync } from 'node:fs'
import Sqlite from 'better-sqlite3'

export type Value = string | number | bigint | Uint8Array | null

/**
 * One connection to one SQLite file: the only module that knows the driver. It never waits for another process, which
 * would stop this one's event loop: what is locked throws at once, and `patiently` and the committer try again.
 */
export class Database {
  readonly #db: Sqlite.Database
  readonly #statements = new Map<string, Sqlite.Statement<Value[]>>()
  readonly #file: string
  readonly #number: number | undefined

  constructor(file: string, { create = true }: { readonly create?: boolean | undefined } = {}) {
    this.#db = new Sqlite(file, { timeout: 0, fileMustExist: !create })
    this.#file = file
    this.#number = numberOf(file)
  }

  /** False once its file was removed or replaced: what is written then nobody else sees, and it goes with this process. */
  get isInPlace(): boolean {
    return numberOf(this.#file) === this.#number
  }

  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- only the caller knows what his statement selects
  get<Row>(sql: string, ...values: Value[]): Row | undefined {
    return this.#prepare(sql).get(...values) as Row | undefined
  }

  all<Row>(sql: string, ...values: Value[]): Row[] {
    return this.#prepare(sql).all(...values) as Row[]
  }

  /** No other statement may run on this connection before the last row is taken. */
  iterate<Row>(sql: string, ...values: Value[]): IterableIterator<Row> {
    return this.#prepare(sql).iterate(...values) as IterableIterator<Row>
  }

  /** How many rows it changed. */
  run(sql: string, ...values: Value[]): number {
    return this.#prepare(sql).run(...values).changes
  }

  /** Statements without values, which are not kept prepared. */
  exec(sql: string): void {
    this.#db.exec(sql)
  }

  pragma(text: string): Value {
    return this.#db.pragma(text, { simple: true }) as Value
  }

  /** Runs `work`, which must not wait, in one write transaction. If it throws, nothing of it stays. */
  immediate<T>(work: () => T): T {
    this.run('begin immediate')
    try {
      const result = work()
      this.run('commit')
      return result
    } catch (error) {
      if (this.#db.inTransaction) this.run('rollback') // a full disk has made SQLite roll back by itself
      throw error
    }
  }

  close(): void {
    this.#db.close()
  }

  #prepare(sql: string): Sqlite.Statement<Value[]> {
    let statement = this.#statements.get(sql)
    if (!statement) this.#statements.set(sql, (statement = this.#db.prepare<Value[]>(sql)))
    return statement
  }
}

const numberOf = (file: string): number | undefined => statSync(file, { throwIfNoEntry: false })?.ino

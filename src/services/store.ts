import { join } from 'node:path'
import { asVfsError, patiently } from '../sqlite/busy.ts'
import { Committer } from '../sqlite/committer.ts'
import type { Database } from '../sqlite/database.ts'
import { openShared } from '../sqlite/shared.ts'
import type { State } from './machine.ts'
import type { Wish } from './types.ts'

const SCHEMA = `
  CREATE TABLE service (
    name TEXT PRIMARY KEY,
    wish TEXT NOT NULL DEFAULT 'start', turn INTEGER NOT NULL DEFAULT 0, heeded INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL DEFAULT 'stopped', reason TEXT, since INTEGER NOT NULL DEFAULT 0, failures INTEGER NOT NULL DEFAULT 0, retry_at INTEGER,
    pid INTEGER, born TEXT, settings TEXT, ports TEXT NOT NULL DEFAULT '{}', url TEXT, started_at INTEGER,
    supervisor INTEGER, restarts INTEGER NOT NULL DEFAULT 0,
    cpu REAL, memory INTEGER, handles INTEGER, notes TEXT NOT NULL DEFAULT '', tail TEXT NOT NULL DEFAULT ''
  ) STRICT;
  CREATE TABLE user (lock TEXT PRIMARY KEY, service TEXT NOT NULL) STRICT`

/** The latest changes of state, so that whoever looks now and then misses none. */
const CHANGES = `
  CREATE TABLE change (seq INTEGER PRIMARY KEY, name TEXT NOT NULL, state TEXT NOT NULL, reason TEXT) STRICT;
  CREATE TRIGGER changed AFTER UPDATE OF state ON service WHEN new.state <> old.state BEGIN
    INSERT INTO change (name, state, reason) VALUES (new.name, new.state, new.reason);
    DELETE FROM change WHERE seq <= (SELECT max(seq) FROM change) - 1000;
  END`

/** What the supervising process writes and every other one reads. */
export interface Told {
  /** The last wish that was carried out. */
  readonly heeded: number
  readonly state: State
  readonly reason: string | null
  readonly since: number
  readonly failures: number
  readonly retry_at: number | null
  readonly url: string | null
  readonly supervisor: number | null
  readonly restarts: number
  readonly cpu: number | null
  readonly memory: number | null
  readonly handles: number | null
  /** Lines. */
  readonly notes: string
  readonly tail: string
}

/** Proof of which process is ours. */
export interface Recorded {
  readonly pid: number | null
  readonly born: string | null
  readonly settings: string | null
  /** JSON. */
  readonly ports: string
  readonly started_at: number | null
}

/** Numbered through all services. */
export interface StateChange {
  readonly seq: number
  readonly state: State
  readonly reason: string | null
}

export interface ServiceRow extends Told, Recorded {
  readonly name: string
  readonly wish: Wish
  /** Rises with every wish. */
  readonly turn: number
}

/** `services.db`: what the processes of a data folder tell each other about its services. */
export class Store implements AsyncDisposable {
  readonly #db: Database
  readonly #committer: Committer

  private constructor(db: Database) {
    this.#db = db
    this.#committer = new Committer(db)
  }

  static async open(folder: string, names: readonly string[]): Promise<Store> {
    const store = new Store(await openShared(join(folder, 'services.db'), [SCHEMA, CHANGES]))
    for (const name of names) await store.#run('INSERT INTO service (name) VALUES (?) ON CONFLICT DO NOTHING', name)
    return store
  }

  /** At once: readers of a WAL database wait for nobody. */
  row(name: string): ServiceRow {
    const [row] = this.#rows<ServiceRow>('SELECT * FROM service WHERE name = ?', name)
    if (row) return row
    throw new TypeError(`no service is called ${name}`)
  }

  changes(name: string, after: number): StateChange[] {
    return this.#rows('SELECT seq, state, reason FROM change WHERE name = ? AND seq > ? ORDER BY seq', name, after)
  }

  async wish(name: string, wish: Wish): Promise<void> {
    await this.#run('UPDATE service SET wish = ?, turn = turn + 1 WHERE name = ?', wish, name)
  }

  /** What could be found out again, so it does not wait for the disk. */
  async tell(name: string, told: Told): Promise<void> {
    await this.#set(name, told, false)
  }

  /** Durable before it resolves: a process that is not recorded would be nobody's. */
  async record(name: string, recorded: Recorded): Promise<void> {
    await this.#set(name, recorded, true)
  }

  /** Nothing of it runs any more. Never rejects: a process that stands there still has gone, and whoever reads of one looks for it. */
  async recordEnd(name: string): Promise<void> {
    await this.#run('UPDATE service SET pid = NULL, born = NULL, settings = NULL, started_at = NULL WHERE name = ?', name).catch(() => {})
  }

  users(service: string): Promise<string[]> {
    return patiently(() => this.#db.all<{ readonly lock: string }>('SELECT lock FROM user WHERE service = ?', service).map(({ lock }) => lock))
  }

  async addUser(lock: string, service: string): Promise<void> {
    await this.#run('INSERT INTO user VALUES (?, ?) ON CONFLICT DO NOTHING', lock, service)
  }

  /** Never rejects: one whose lock nobody holds is forgotten by the next who looks. */
  async removeUser(lock: string): Promise<void> {
    await this.#run('DELETE FROM user WHERE lock = ?', lock).catch(() => {})
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#committer.settled()
    this.#db.close()
  }

  #rows<T>(sql: string, ...values: (string | number)[]): T[] {
    try {
      return this.#db.all<T>(sql, ...values)
    } catch (error) {
      throw asVfsError(error)
    }
  }

  #set(name: string, values: Told | Recorded, durable: boolean): Promise<number> {
    const entries = Object.entries(values)
    const sql = `UPDATE service SET ${entries.map(([column]) => `${column} = ?`).join(', ')} WHERE name = ?`
    return this.#committer.run(() => this.#db.run(sql, ...entries.map(([, value]) => value), name), { durable })
  }

  #run(sql: string, ...values: string[]): Promise<number> {
    return this.#committer.run(() => this.#db.run(sql, ...values))
  }
}

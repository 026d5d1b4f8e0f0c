import { join } from 'node:path'
import { patiently } from '../../sqlite/busy.ts'
import { Committer } from '../../sqlite/committer.ts'
import type { Database, Value } from '../../sqlite/database.ts'
import { openShared } from '../../sqlite/shared.ts'

const MIGRATIONS = [
  'CREATE TABLE kept (volume TEXT NOT NULL, id TEXT NOT NULL, cid TEXT NOT NULL, PRIMARY KEY (volume, id)) STRICT',
  'CREATE TABLE collecting (volume TEXT PRIMARY KEY) STRICT',
]

export interface Kept {
  readonly id: string
  readonly cid: string
}

/** What the processes of a data folder know of one repository of Kubo. */
export class KuboStore implements AsyncDisposable {
  readonly #volume: string
  readonly #db: Database
  readonly #committer: Committer

  private constructor(volume: string, db: Database) {
    this.#volume = volume
    this.#db = db
    this.#committer = new Committer(db)
  }

  static async open(folder: string, volume: string): Promise<KuboStore> {
    return new KuboStore(volume, await openShared(join(folder, 'kubo.db'), MIGRATIONS))
  }

  kept(id: string): Promise<string | undefined> {
    return patiently(() => this.#db.get<Kept>('SELECT cid FROM kept WHERE volume = ? AND id = ?', this.#volume, id)?.cid)
  }

  /** Of every repository: one may be known by two names. */
  allKept(): Promise<Kept[]> {
    return patiently(() => this.#db.all<Kept>('SELECT id, cid FROM kept'))
  }

  /** False if the id keeps something. */
  async keep({ id, cid }: Kept): Promise<boolean> {
    return (await this.#run('INSERT INTO kept VALUES (?, ?, ?) ON CONFLICT DO NOTHING', this.#volume, id, cid)) > 0
  }

  async letGo(id: string): Promise<void> {
    await this.#run('DELETE FROM kept WHERE volume = ? AND id = ?', this.#volume, id)
  }

  /** That a collection waits or runs, or that one did not come to its end. */
  collecting(): Promise<boolean> {
    return patiently(() => this.#db.get('SELECT 1 FROM collecting WHERE volume = ?', this.#volume) !== undefined)
  }

  async setCollecting(collecting: boolean): Promise<void> {
    await this.#run(collecting ? 'INSERT INTO collecting VALUES (?) ON CONFLICT DO NOTHING' : 'DELETE FROM collecting WHERE volume = ?', this.#volume)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#committer.settled()
    this.#db.close()
  }

  #run(sql: string, ...values: Value[]): Promise<number> {
    return this.#committer.run(() => this.#db.run(sql, ...values))
  }
}

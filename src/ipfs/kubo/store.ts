import { join } from 'node:path'
import { patiently } from '../../sqlite/busy.ts'
import { Committer } from '../../sqlite/committer.ts'
import type { Database, Value } from '../../sqlite/database.ts'
import { openShared } from '../../sqlite/shared.ts'
import type { Pin } from '../types.ts'

const MIGRATIONS = [
  'CREATE TABLE kept (volume TEXT NOT NULL, id TEXT NOT NULL, cid TEXT NOT NULL, PRIMARY KEY (volume, id)) STRICT',
  'CREATE TABLE collecting (volume TEXT PRIMARY KEY) STRICT',
  'CREATE TABLE remaking (volume TEXT NOT NULL, cid TEXT NOT NULL, type TEXT NOT NULL, name TEXT, PRIMARY KEY (volume, cid)) STRICT',
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

  /** Pins that are made again, or were when it failed. */
  remaking(): Promise<Pin[]> {
    return patiently(() => this.#db.all<Pin>('SELECT cid, type, name FROM remaking WHERE volume = ?', this.#volume))
  }

  async setRemaking({ cid, type, name }: Pin): Promise<void> {
    await this.#run('INSERT OR REPLACE INTO remaking VALUES (?, ?, ?, ?)', this.#volume, cid, type, name)
  }

  /** False if it was not made again. */
  async endRemaking(cid: string): Promise<boolean> {
    return (await this.#run('DELETE FROM remaking WHERE volume = ? AND cid = ?', this.#volume, cid)) > 0
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#committer.settled()
    this.#db.close()
  }

  #run(sql: string, ...values: Value[]): Promise<number> {
    return this.#committer.run(() => this.#db.run(sql, ...values))
  }
}

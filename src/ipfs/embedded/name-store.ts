import { patiently } from '../../sqlite/busy.ts'
import type { Committer } from '../../sqlite/committer.ts'
import type { Database } from '../../sqlite/database.ts'

export const NAME_TABLE = `
  CREATE TABLE name (
    id TEXT PRIMARY KEY, key TEXT NOT NULL, value TEXT NOT NULL, sequence INTEGER NOT NULL, record BLOB NOT NULL,
    expires INTEGER NOT NULL, lifetime INTEGER NOT NULL, ttl INTEGER NOT NULL, told INTEGER NOT NULL
  ) STRICT`

/** A record that was signed here, the last of its name. Times are milliseconds. */
export interface OwnRecord {
  /** The IPNS name. */
  readonly id: string
  /** The name of the key in this data folder. */
  readonly key: string
  readonly value: string
  readonly sequence: number
  readonly record: Uint8Array
  readonly expires: number
  readonly lifetime: number
  readonly ttl: number
  /** 0 if the network was not to be told of it. */
  readonly told: 0 | 1
}

/** What the processes of a data folder have published: a name never goes back, whoever signs. */
export class NameStore {
  readonly #db: Database
  readonly #committer: Committer

  constructor(db: Database, committer: Committer) {
    this.#db = db
    this.#committer = committer
  }

  get(id: string): Promise<OwnRecord | undefined> {
    return patiently(() => this.#db.get<OwnRecord>('SELECT * FROM name WHERE id = ?', id))
  }

  /** Those that the network is to know. */
  told(): Promise<OwnRecord[]> {
    return patiently(() => this.#db.all<OwnRecord>('SELECT * FROM name WHERE told = 1'))
  }

  /** False if another process has published a later one. The same renewed is later. */
  async put({ id, key, value, sequence, record, expires, lifetime, ttl, told }: OwnRecord): Promise<boolean> {
    const values = [id, key, value, sequence, record, expires, lifetime, ttl, told]
    return (await this.#committer.run(() => this.#db.run(PUT, ...values))) > 0
  }
}

const PUT = `
  INSERT INTO name VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (id) DO UPDATE SET key = excluded.key, value = excluded.value, sequence = excluded.sequence, record = excluded.record,
    expires = excluded.expires, lifetime = excluded.lifetime, ttl = excluded.ttl, told = excluded.told
  WHERE excluded.sequence > sequence OR (excluded.sequence = sequence AND excluded.value = value AND excluded.expires > expires)`

import { join } from 'node:path'
import { SharedDatabase } from '../../content/database.ts'
import type { Keeps, Pin } from '../types.ts'

const SCHEMA = `
  CREATE TABLE pin (cid TEXT PRIMARY KEY, type TEXT NOT NULL, name TEXT) STRICT;
  CREATE TABLE kept (id TEXT PRIMARY KEY, cid TEXT NOT NULL) STRICT;
  CREATE TABLE mfs (one INTEGER PRIMARY KEY CHECK (one = 1), root TEXT NOT NULL) STRICT`

interface PinRow {
  readonly cid: string
  readonly type: 'direct' | 'recursive'
  readonly name: string | null
}

/** What all processes of a data folder know of the node: pins, the root of the mutable tree, and what is kept for undo. */
export class NodeState implements AsyncDisposable {
  readonly #db: SharedDatabase
  readonly #sql: ReturnType<typeof statements>

  private constructor(db: SharedDatabase) {
    this.#db = db
    this.#sql = statements(db)
  }

  static async open(folder: string): Promise<NodeState> {
    return new NodeState(await SharedDatabase.open(join(folder, 'ipfs.db'), [SCHEMA]))
  }

  pins(): Promise<Pin[]> {
    return this.#db.read(() => this.#sql.pins.all())
  }

  async pin({ cid, type, name }: Pin): Promise<void> {
    await this.#db.write(() => this.#sql.pin.run(cid, type, name))
  }

  /** False if it was not pinned. */
  async unpin(cid: string): Promise<boolean> {
    return (await this.#db.write(() => this.#sql.unpin.run(cid))).changes > 0
  }

  async root(): Promise<string | undefined> {
    return (await this.#db.read(() => this.#sql.root.get()))?.root
  }

  /** Sets the root of the mutable tree if it still is `from`; false if another process was faster. */
  swap(from: string | undefined, to: string): Promise<boolean> {
    return this.#db.write(() => {
      if (this.#sql.root.get()?.root !== from) return false
      this.#sql.swap.run(to)
      return true
    })
  }

  readonly keeps: Keeps = {
    get: async (id) => (await this.#db.read(() => this.#sql.kept.get(id)))?.cid,
    set: async (id, cid) => void (await this.#db.write(() => this.#sql.keep.run(id, cid))),
    remove: async (id) => void (await this.#db.write(() => this.#sql.drop.run(id))),
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#db.close()
  }
}

function statements(db: SharedDatabase) {
  return {
    pins: db.prepare<PinRow>('SELECT cid, type, name FROM pin ORDER BY cid'),
    pin: db.prepare('INSERT INTO pin VALUES (?, ?, ?) ON CONFLICT (cid) DO UPDATE SET type = excluded.type, name = coalesce(excluded.name, name)'),
    unpin: db.prepare('DELETE FROM pin WHERE cid = ?'),
    root: db.prepare<{ readonly root: string }>('SELECT root FROM mfs'),
    swap: db.prepare('INSERT INTO mfs VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET root = excluded.root'),
    kept: db.prepare<{ readonly cid: string }>('SELECT cid FROM kept WHERE id = ?'),
    keep: db.prepare('INSERT INTO kept VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET cid = excluded.cid'),
    drop: db.prepare('DELETE FROM kept WHERE id = ?'),
  }
}

import { join } from 'node:path'
import type { Blocks } from '../../content/blocks/blocks.ts'
import type { Head } from '../../content/blocks/head.ts'
import type { Root } from '../../content/collect/types.ts'
import { VfsError } from '../../core/error.ts'
import { patiently } from '../../sqlite/busy.ts'
import { Committer } from '../../sqlite/committer.ts'
import type { Database, Value } from '../../sqlite/database.ts'
import { openShared } from '../../sqlite/shared.ts'
import type { Keeps, Pin } from '../types.ts'
import { NAME_TABLE, NameStore } from './name-store.ts'

const SCHEMA = `
  CREATE TABLE pin (cid TEXT PRIMARY KEY, type TEXT NOT NULL, name TEXT) STRICT;
  CREATE TABLE kept (id TEXT PRIMARY KEY, cid TEXT NOT NULL) STRICT;
  CREATE TABLE mfs (one INTEGER PRIMARY KEY CHECK (one = 1), root TEXT NOT NULL) STRICT`

/** The root stands beside the blocks since; a program from before must not find it where it wrote it. */
const MOVED = 'ALTER TABLE mfs RENAME TO mfs_before'

const PIN = `
  INSERT INTO pin VALUES (?, ?, ?)
  ON CONFLICT (cid) DO UPDATE SET type = excluded.type, name = coalesce(excluded.name, name) WHERE type = 'direct' OR excluded.type = 'recursive'`
const PIN_TOO = `
  INSERT INTO pin VALUES (?, 'recursive', ?) ON CONFLICT (cid) DO UPDATE SET type = 'recursive', name = coalesce(name, excluded.name)`

/** What other connections have committed, and what this one has changed. */
const VERSION = "SELECT data_version || ' ' || total_changes() AS version FROM pragma_data_version"

const PAGE = 1000

interface PinRow {
  readonly cid: string
  readonly type: 'direct' | 'recursive'
  readonly name: string | null
}

interface Versioned {
  readonly version: string
}

interface Keyed {
  readonly key: string
}

/** What all processes of a data folder know of the node: pins, the root of the mutable tree, what is kept for undo, and names. */
export class NodeState implements AsyncDisposable {
  readonly #db: Database
  readonly #committer: Committer
  /** Of the mutable tree. */
  readonly mfs: Head
  readonly names: NameStore

  private constructor(db: Database, mfs: Head) {
    this.#db = db
    this.mfs = mfs
    this.#committer = new Committer(db)
    this.names = new NameStore(db, this.#committer)
  }

  static async open(folder: string, blocks: Blocks): Promise<NodeState> {
    const state = new NodeState(await openShared(join(folder, 'ipfs.db'), [SCHEMA, NAME_TABLE, MOVED]), blocks.head('mfs'))
    await state.#takeOver(blocks)
    return state
  }

  /** Another one whenever a pin or the root of the mutable tree may be another; cheaper than all pins. */
  async version(): Promise<string> {
    return `${await patiently(() => this.#db.get<Versioned>(VERSION)?.version)} ${await this.mfs.root()}`
  }

  pins(): Promise<Pin[]> {
    return patiently(() => this.#db.all<PinRow>('SELECT cid, type, name FROM pin ORDER BY cid'))
  }

  /** False if a recursive pin would become a direct one. */
  async pin({ cid, type, name }: Pin): Promise<boolean> {
    return (await this.#run(PIN, cid, type, name)) > 0
  }

  /** With all below it. */
  async isPinned(cid: string): Promise<boolean> {
    return (await patiently(() => this.#db.get("SELECT 1 FROM pin WHERE cid = ? AND type = 'recursive'", cid))) !== undefined
  }

  /** Pins `to` too, or in place of `from` and with its name; false if `from` is not pinned recursively. */
  movePin(from: string, to: string, unpin: boolean): Promise<boolean> {
    return this.#committer.run(() => {
      const pin = this.#db.get<PinRow>("SELECT name FROM pin WHERE cid = ? AND type = 'recursive'", from)
      if (!pin) return false
      if (from === to) return true
      this.#db.run(PIN_TOO, to, unpin ? pin.name : null)
      if (unpin) this.#db.run('DELETE FROM pin WHERE cid = ?', from)
      return true
    })
  }

  /** False if it was not pinned. */
  async unpin(cid: string): Promise<boolean> {
    return (await this.#run('DELETE FROM pin WHERE cid = ?', cid)) > 0
  }

  /** In pages. What is removed goes from the tree into what is kept, so the tree comes first; whoever links holds a guard. */
  async *roots(): AsyncGenerator<Root> {
    for await (const { cid, type } of this.#paged<PinRow & Keyed>('SELECT cid AS key, cid, type FROM pin WHERE cid > ? ORDER BY 1 LIMIT ?'))
      yield { cid, reason: 'pin', recursive: type === 'recursive' }
    const root = await this.mfs.root()
    if (root !== undefined) yield { cid: root, reason: 'mfs', recursive: true }
    for await (const { key, cid } of this.#paged<Keyed & { readonly cid: string }>('SELECT id AS key, cid FROM kept WHERE id > ? ORDER BY 1 LIMIT ?'))
      yield { cid, reason: key.startsWith('sync:') ? 'sync' : 'trash', recursive: true }
  }

  readonly keeps: Keeps = {
    get: (id) => patiently(() => this.#db.get<{ readonly cid: string }>('SELECT cid FROM kept WHERE id = ?', id)?.cid),
    set: async (id, cid) => {
      if ((await this.#run('INSERT INTO kept VALUES (?, ?) ON CONFLICT DO NOTHING', id, cid)) === 0)
        throw new VfsError('ALREADY_EXISTS', `something is kept under ${JSON.stringify(id)} already`)
    },
    remove: async (id) => void (await this.#run('DELETE FROM kept WHERE id = ?', id)),
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#committer.settled()
    this.#db.close()
  }

  async *#paged<Row extends Keyed>(sql: string): AsyncGenerator<Row> {
    for (let last = ''; ;) {
      const page = await patiently(() => this.#db.all<Row>(sql, last, PAGE))
      yield* page
      last = page.at(-1)?.key ?? last
      if (page.length < PAGE) return
    }
  }

  /** A root from before, to where it stands now: a process that dies in between leaves it for the next. */
  async #takeOver(blocks: Blocks): Promise<void> {
    const before = await patiently(() => this.#db.get<{ readonly root: string }>('SELECT root FROM mfs_before')?.root)
    if (before === undefined) return
    await using batch = blocks.batch()
    await this.mfs.commit(batch, undefined, before)
    await this.#run('DELETE FROM mfs_before')
  }

  #run(sql: string, ...values: Value[]): Promise<number> {
    return this.#committer.run(() => this.#db.run(sql, ...values))
  }
}

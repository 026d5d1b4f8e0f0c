import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { Root } from '../../content/collect/types.ts'
import { VfsError } from '../../core/error.ts'
import { patiently } from '../../sqlite/busy.ts'
import { Committer } from '../../sqlite/committer.ts'
import type { Database } from '../../sqlite/database.ts'
import { openShared } from '../../sqlite/shared.ts'
import type { Keeps } from '../types.ts'
import type { KnownRoot, Published } from './types.ts'

/** What has been released is never edited. */
const MIGRATIONS = [
  `
  CREATE TABLE tree (volume TEXT PRIMARY KEY, root TEXT NOT NULL) STRICT;
  CREATE TABLE owner (id TEXT PRIMARY KEY) STRICT;
  CREATE TABLE kept (volume TEXT NOT NULL, id TEXT NOT NULL, cid TEXT NOT NULL, PRIMARY KEY (volume, id)) STRICT`,
  'CREATE TABLE published (volume TEXT NOT NULL, cid TEXT NOT NULL, PRIMARY KEY (volume, cid)) STRICT',
]

interface CidRow {
  readonly cid: string
}

/** Roots of the trees that are published elsewhere, and what is kept of them for undo: for all processes of a data folder. */
export class TreeStore implements AsyncDisposable {
  readonly #db: Database
  readonly #committer: Committer

  private constructor(db: Database) {
    this.#db = db
    this.#committer = new Committer(db)
  }

  static async open(folder: string): Promise<TreeStore> {
    return new TreeStore(await openShared(join(folder, 'trees.db'), MIGRATIONS))
  }

  /** Names this data folder to others, the same for ever. */
  owner(): Promise<string> {
    return this.#committer.run(() => {
      const read = (): string | undefined => this.#db.get<{ readonly id: string }>('SELECT id FROM owner')?.id
      if (read() === undefined) this.#db.run('INSERT INTO owner VALUES (?)', randomUUID())
      return read() ?? ''
    })
  }

  root(volume: string): KnownRoot {
    const read = (): string | undefined => this.#db.get<CidRow>('SELECT root AS cid FROM tree WHERE volume = ?', volume)?.cid
    return {
      root: () => patiently(read),
      swap: (from, to) =>
        this.#committer.run(() => {
          if (read() !== from) return false
          return this.#db.run('INSERT INTO tree VALUES (?, ?) ON CONFLICT (volume) DO UPDATE SET root = excluded.root', volume, to) > 0
        }),
    }
  }

  published(volume: string): Published {
    return {
      all: async () => new Set((await patiently(() => this.#db.all<CidRow>('SELECT cid FROM published WHERE volume = ?', volume))).map(({ cid }) => cid)),
      add: async (root) => void (await this.#committer.run(() => this.#db.run('INSERT INTO published VALUES (?, ?) ON CONFLICT DO NOTHING', volume, root))),
      remove: async (root) => void (await this.#committer.run(() => this.#db.run('DELETE FROM published WHERE volume = ? AND cid = ?', volume, root))),
    }
  }

  keeps(volume: string): Keeps {
    return {
      get: (id) => patiently(() => this.#db.get<CidRow>('SELECT cid FROM kept WHERE volume = ? AND id = ?', volume, id)?.cid),
      set: async (id, cid) => {
        if (!(await this.#committer.run(() => this.#db.run('INSERT INTO kept VALUES (?, ?, ?) ON CONFLICT DO NOTHING', volume, id, cid) > 0)))
          throw new VfsError('ALREADY_EXISTS', `something is kept under ${JSON.stringify(id)} already`)
      },
      remove: async (id) => void (await this.#committer.run(() => this.#db.run('DELETE FROM kept WHERE volume = ? AND id = ?', volume, id))),
    }
  }

  /** What a collection has to leave; the trees first, since what is removed goes from there into what is kept. */
  async roots(): Promise<Root[]> {
    const [trees, kept] = await patiently(() => [this.#db.all<CidRow>('SELECT root AS cid FROM tree'), this.#db.all<CidRow>('SELECT cid FROM kept')])
    return [
      ...trees.map(({ cid }): Root => ({ cid, reason: 'mfs', recursive: true })),
      ...kept.map(({ cid }): Root => ({ cid, reason: 'trash', recursive: true })),
    ]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#committer.settled()
    this.#db.close()
  }
}

/** Of a data folder, also while none of its trees is mounted. */
export async function treeRoots(folder: string): Promise<Root[]> {
  await using store = await TreeStore.open(folder)
  return await store.roots()
}

import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { VfsError } from '../../core/error.ts'
import { patiently } from '../../sqlite/busy.ts'
import { Committer } from '../../sqlite/committer.ts'
import type { Database } from '../../sqlite/database.ts'
import { openShared } from '../../sqlite/shared.ts'
import { fromSystem } from '../system.ts'
import { Batch, type IndexRow } from './batch.ts'
import { BlockFiles } from './files.ts'
import { verifies } from './multihash.ts'

const SCHEMA = `
  CREATE TABLE block (
    multihash  BLOB PRIMARY KEY,
    size       INTEGER NOT NULL,
    generation INTEGER NOT NULL DEFAULT 0, -- of the last put: what collection compares
    content    BLOB                        -- NULL: in a file
  ) STRICT`

const EMPTY = new Uint8Array(0)
const PAGE = 1000

interface Row {
  readonly size: number
  readonly content: Buffer | null
}

/** Blocks by multihash, shared by every process of a data folder. */
export class Blocks implements AsyncDisposable {
  readonly #db: Database
  readonly #committer: Committer
  readonly #files: BlockFiles

  private constructor(db: Database, files: BlockFiles) {
    this.#db = db
    this.#committer = new Committer(db)
    this.#files = files
  }

  static async open(folder: string): Promise<Blocks> {
    const files = join(folder, 'blocks')
    await mkdir(files, { recursive: true, mode: 0o700 }).catch((error: unknown) => Promise.reject(fromSystem(error)))
    return new Blocks(await openShared(join(folder, 'blocks.db'), [SCHEMA]), new BlockFiles(files))
  }

  /** Verified. undefined where it is not here; rejects INVALID_BLOCK, after which it is not here either: the next put or fetch heals it. */
  async get(multihash: Uint8Array): Promise<Uint8Array | undefined> {
    const row = await this.#row(multihash)
    if (!row) return undefined
    const content = row.content ?? (await this.#files.read(multihash))
    if (content && verifies(multihash, content)) return content
    await this.remove(multihash)
    throw new VfsError('INVALID_BLOCK', 'a block of the content store was damaged on disk; it was put away', {
      hint: 'Repeat the call to fetch the block again, or add the content once more.',
    })
  }

  async has(multihash: Uint8Array): Promise<boolean> {
    const row = await this.#row(multihash)
    return row !== undefined && (row.content !== null || (await this.#files.holds(multihash, row.size)))
  }

  /** The multihash of every block, in pages: what comes or goes meanwhile may be missed. */
  async *all(): AsyncGenerator<Uint8Array> {
    for (let last: Uint8Array = EMPTY; ;) {
      const page = await patiently(() =>
        this.#db.all<{ readonly multihash: Buffer }>('SELECT multihash FROM block WHERE multihash > ? ORDER BY 1 LIMIT ?', last, PAGE),
      )
      for (const { multihash } of page) yield (last = multihash)
      if (page.length < PAGE) return
    }
  }

  batch(): Batch {
    return new Batch(
      (rows) => this.#index(rows),
      this.#files,
      (multihash) => this.has(multihash),
    )
  }

  async remove(multihash: Uint8Array): Promise<void> {
    await this.#committer.run(() => this.#db.run('DELETE FROM block WHERE multihash = ?', multihash))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#committer.settled()
    this.#db.close()
  }

  #row(multihash: Uint8Array): Promise<Row | undefined> {
    return patiently(() => this.#db.get<Row>('SELECT size, content FROM block WHERE multihash = ?', multihash))
  }

  async #index(rows: readonly IndexRow[]): Promise<void> {
    await this.#committer.run(() => {
      for (const { multihash, size, content } of rows)
        this.#db.run('INSERT INTO block (multihash, size, content) VALUES (?, ?, ?) ON CONFLICT DO NOTHING', multihash, size, content)
    })
  }
}

import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { VfsError } from '../../core/error.ts'
import { SharedDatabase, type Statement } from '../database.ts'
import { fromSystem } from '../system.ts'
import { Batch } from './batch.ts'
import { BlockFiles } from './files.ts'
import { verifies } from './multihash.ts'

const SCHEMA = `
  CREATE TABLE block (
    multihash  BLOB PRIMARY KEY,
    size       INTEGER NOT NULL,
    generation INTEGER NOT NULL DEFAULT 0, -- of the last put: what collection compares
    content    BLOB                        -- NULL: in a file
  ) STRICT`

interface Row {
  readonly size: number
  readonly content: Buffer | null
}

/** Blocks by multihash, shared by every process of a data folder. */
export class Blocks implements AsyncDisposable {
  readonly #db: SharedDatabase
  readonly #files: BlockFiles
  readonly #select: Statement<Row>
  readonly #delete: Statement<never>

  private constructor(db: SharedDatabase, files: BlockFiles) {
    this.#db = db
    this.#files = files
    this.#select = db.prepare('SELECT size, content FROM block WHERE multihash = ?')
    this.#delete = db.prepare('DELETE FROM block WHERE multihash = ?')
  }

  static async open(folder: string): Promise<Blocks> {
    const files = join(folder, 'blocks')
    await mkdir(files, { recursive: true, mode: 0o700 }).catch((error: unknown) => Promise.reject(fromSystem(error)))
    return new Blocks(await SharedDatabase.open(join(folder, 'blocks.db'), [SCHEMA]), new BlockFiles(files))
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

  batch(): Batch {
    return new Batch(this.#db, this.#files, (multihash) => this.has(multihash))
  }

  async remove(multihash: Uint8Array): Promise<void> {
    await this.#db.write(() => void this.#delete.run(multihash))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#db.close()
  }

  #row(multihash: Uint8Array): Promise<Row | undefined> {
    return this.#db.read(() => this.#select.get(multihash))
  }
}

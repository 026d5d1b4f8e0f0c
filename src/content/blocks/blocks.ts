import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { crc32 } from 'node:zlib'
import { isCode, VfsError } from '../../core/error.ts'
import { fromSystem } from '../../core/system.ts'
import { patiently } from '../../sqlite/busy.ts'
import { Committer } from '../../sqlite/committer.ts'
import type { Database } from '../../sqlite/database.ts'
import { openShared } from '../../sqlite/shared.ts'
import { Batch, type Found, type IndexRow } from './batch.ts'
import { BlockFiles } from './files.ts'
import { type Guard, Guards } from './guards.ts'
import { Head, type Move, moved } from './head.ts'
import { verifies } from './multihash.ts'
import { MIGRATIONS } from './schema.ts'
import type { Spares } from './spares.ts'

const EMPTY = new Uint8Array(0)
const PAGE = 1000
const NOTHING = { objects: 0, bytes: 0 }

interface Row {
  readonly size: number
  readonly generation: number
  readonly crc: number | null
  readonly content: Buffer | null
}

/** Where the memory of a block comes from. */
export interface Reading {
  /** Fresh, if not given. */
  readonly spares?: Spares | undefined
}

interface Header {
  readonly size: number
  readonly generation: number
  /** 1: its content is in a file. */
  readonly filed: number
  readonly shown: number
}

interface Filed {
  readonly hex: string
  /** null: it is not here. */
  readonly size: number | null
}

/** What all views of a store share. */
interface Parts {
  readonly db: Database
  readonly committer: Committer
  readonly guards: Guards
  readonly files: BlockFiles
  /** Batches of this process that are open. */
  writing: number
}

const PUT = `INSERT INTO block (multihash, size, crc, content, generation, shown) VALUES (?, ?, ?, ?, (SELECT generation FROM epoch), ?)
  ON CONFLICT (multihash) DO UPDATE SET
    generation = excluded.generation, crc = excluded.crc, content = coalesce(content, excluded.content), shown = max(shown, excluded.shown)`
const LACKED_OR_FILED = `SELECT value AS hex, size FROM json_each(?) LEFT JOIN block ON multihash = unhex(value) AND shown >= ?
  WHERE multihash IS NULL OR content IS NULL`
const RAISE = 'UPDATE block SET generation = (SELECT generation FROM epoch) WHERE multihash = ?'

/**
 * Blocks by multihash, shared by every process of a data folder. What the node puts is shown; the rest are versions kept
 * for undo, of files that whoever asks the node by CID may not be allowed to read.
 */
export class Blocks implements AsyncDisposable {
  readonly #db: Database
  readonly #committer: Committer
  readonly #guards: Guards
  readonly #files: BlockFiles
  readonly #parts: Parts
  /** 1: what is not shown is not here. */
  readonly #shown: 0 | 1

  private constructor(parts: Parts, shown: 0 | 1) {
    this.#db = parts.db
    this.#committer = parts.committer
    this.#guards = parts.guards
    this.#files = parts.files
    this.#parts = parts
    this.#shown = shown
  }

  static async open(folder: string): Promise<Blocks> {
    await mkdir(join(folder, 'blocks'), { recursive: true, mode: 0o700 }).catch((error: unknown) => Promise.reject(fromSystem(error)))
    const db = await openShared(join(folder, 'blocks.db'), MIGRATIONS)
    const committer = new Committer(db)
    const files = new BlockFiles(join(folder, 'blocks'))
    return new Blocks({ db, committer, guards: new Guards(db, committer, folder), files, writing: 0 }, 0)
  }

  /** As the node sees them: it shows what it puts, and what is kept for undo only is not here until it is put. */
  shown(): Blocks {
    return new Blocks(this.#parts, 1)
  }

  /** As it was put. undefined where it is not here; rejects INVALID_BLOCK where it is damaged, after which it is not here either: the next put or fetch heals it. */
  async get(multihash: Uint8Array, { spares }: Reading = {}): Promise<Uint8Array | undefined> {
    const row = await this.#row(multihash)
    if (!row) return undefined
    const content = row.content ?? (await this.#files.read(multihash, row.size, spares))
    if (content?.length === row.size && isSound(multihash, content, row)) return content
    if (!(await this.#putAway(multihash, row))) return this.get(multihash, { spares }) // it was freed, and perhaps put again, since its row was read
    throw new VfsError('INVALID_BLOCK', 'a block of the content store was damaged on disk; it was put away', {
      hint: 'Repeat the call to fetch the block again, or add the content once more.',
    })
  }

  /** The same; undefined also where it is damaged. */
  async sound(multihash: Uint8Array): Promise<Uint8Array | undefined> {
    try {
      return await this.get(multihash)
    } catch (error) {
      if (isCode(error, 'INVALID_BLOCK')) return undefined
      throw error
    }
  }

  async has(multihash: Uint8Array): Promise<boolean> {
    const found = await this.#find(multihash)
    return found?.sound === true && found.seen
  }

  /** Whether all of them are. A page of them is one question to the index, whose answer is what it lacks or has in a file. */
  async hasAll(multihashes: readonly Uint8Array[]): Promise<boolean> {
    for (let at = 0; at < multihashes.length; at += PAGE) {
      const page = multihashes.slice(at, at + PAGE).map((each) => Buffer.from(each).toString('hex'))
      const rows = await patiently(() => this.#db.all<Filed>(LACKED_OR_FILED, JSON.stringify(page), this.#shown))
      const sound = rows.map(async ({ hex, size }) => size !== null && this.#files.holds(Buffer.from(hex, 'hex'), size))
      if ((await Promise.all(sound)).includes(false)) return false
    }
    return true
  }

  /** The multihash of every block, in pages: what comes or goes meanwhile may be missed. */
  async *all(): AsyncGenerator<Uint8Array> {
    const sql = 'SELECT multihash FROM block WHERE multihash > ? AND shown >= ? ORDER BY 1 LIMIT ?'
    for (let last: Uint8Array = EMPTY; ;) {
      const page = await patiently(() => this.#db.all<{ readonly multihash: Buffer }>(sql, last, this.#shown, PAGE))
      for (const { multihash } of page) yield (last = multihash)
      if (page.length < PAGE) return
      await turn() // the database answers at once: others wait for all pages else
    }
  }

  /** How many there are, and how large they are together; counted as they come and go. */
  total(): Promise<{ readonly objects: number; readonly bytes: number }> {
    return patiently(() => this.#db.get<{ readonly objects: number; readonly bytes: number }>('SELECT objects, bytes FROM total') ?? NOTHING)
  }

  /** True if it is here, and then it stays as long as the guard is open. */
  async keeps({ generation }: Guard, multihash: Uint8Array): Promise<boolean> {
    const found = await this.#find(multihash)
    return found?.sound === true && found.seen && (found.generation >= generation || this.#raise(multihash))
  }

  /** What is below `cid` stays too, where collection begins later. */
  guard(cid?: string): Promise<Guard> {
    return this.#guards.open(cid)
  }

  /** It has a guard of its own, which its disposal closes. */
  batch(): Batch {
    const index = {
      open: () => this.#open(),
      close: (guard: Guard, unnamed: ReadonlySet<Uint8Array>) => this.#close(guard, [...unnamed]),
      find: (multihash: Uint8Array) => this.#find(multihash),
      raise: (multihash: Uint8Array) => this.#raise(multihash),
      put: (rows: readonly IndexRow[], move?: Move) => this.#put(rows, move),
    }
    return new Batch(index, this.#files)
  }

  /** The root of the mutable tree of that name. */
  head(name: string): Head {
    return new Head(this.#db, name)
  }

  /** Resolves when guards that were closed here are closed for every process. */
  settled(): Promise<void> {
    return this.#committer.settled()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#guards[Symbol.asyncDispose]()
    await this.#committer.settled()
    this.#db.close()
  }

  #row(multihash: Uint8Array): Promise<Row | undefined> {
    return patiently(() => this.#db.get<Row>('SELECT size, generation, crc, content FROM block WHERE multihash = ? AND shown >= ?', multihash, this.#shown))
  }

  /** False if the index names another block by now: one that was put again has a later generation. */
  #putAway(multihash: Uint8Array, { generation }: Row): Promise<boolean> {
    return this.#committer.run(() => this.#db.run('DELETE FROM block WHERE multihash = ? AND generation = ?', multihash, generation) > 0)
  }

  async #find(multihash: Uint8Array): Promise<Found | undefined> {
    const sql = 'SELECT size, generation, content IS NULL AS filed, shown FROM block WHERE multihash = ?'
    const header = await patiently(() => this.#db.get<Header>(sql, multihash))
    if (!header) return undefined
    const sound = header.filed === 0 || (await this.#files.holds(multihash, header.size))
    return { generation: header.generation, sound, seen: header.shown >= this.#shown }
  }

  #raise(multihash: Uint8Array): Promise<boolean> {
    return this.#committer.run(() => this.#db.run(RAISE, multihash) > 0, { durable: false })
  }

  #put(rows: readonly IndexRow[], move?: Move): Promise<boolean> {
    return this.#committer.run(() => {
      for (const { multihash, size, crc, content } of rows) this.#db.run(PUT, multihash, size, crc, content, this.#shown)
      return !move || moved(this.#db, move)
    })
  }

  async #open(): Promise<Guard> {
    const guard = await this.guard()
    this.#parts.writing++
    return guard
  }

  async #close(guard: Guard, unnamed: readonly Uint8Array[]): Promise<void> {
    if (unnamed.length > 0) await this.#discard(unnamed).catch(() => {}) // what is left goes with a collection
    this.#parts.writing--
    await guard[Symbol.asyncDispose]()
  }

  /** In a transaction that changes nothing, so that it makes room on a full disk too. */
  async #discard(unnamed: readonly Uint8Array[]): Promise<void> {
    const othersWrite = await this.#guards.othersAsked()
    const isNamed = (each: Uint8Array): boolean => this.#db.get('SELECT 1 FROM block WHERE multihash = ?', each) !== undefined
    const discard = (): void => {
      if (this.#parts.writing > 1 || othersWrite()) return
      for (const each of unnamed) if (!isNamed(each)) this.#files.remove(each)
    }
    await this.#committer.run(discard, { durable: false })
  }
}

/** Its multihash was verified when it was put: what the disk did to it since a CRC tells too, in a third of the time. */
const isSound = (multihash: Uint8Array, content: Uint8Array, { crc }: Row): boolean => (crc === null ? verifies(multihash, content) : crc32(content) === crc)

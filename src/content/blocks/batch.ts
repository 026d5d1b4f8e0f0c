import { crc32 } from 'node:zlib'
import type { BlockFiles } from './files.ts'
import type { Guard } from './guards.ts'
import type { Move } from './head.ts'
import { nameOf } from './multihash.ts'
import type { Spares } from './spares.ts'

/** Blocks larger than this get a file of their own: from here on that is no slower (scripts/bench/blocks.ts). */
export const SMALL_BYTES = 64 << 10

const HELD_BYTES = 4 << 20
const WRITES_AT_ONCE = 12 // of the thread pool's 16: who reads what is added needs some too

/** What the index gets of a block; its content too, where that is small. */
export interface IndexRow {
  readonly multihash: Uint8Array
  readonly size: number
  /** Of its content, which is what its multihash says: a cheap way to tell damage later. */
  readonly crc: number
  readonly content: Uint8Array | null
}

/** What the index has of a block. */
export interface Found {
  readonly generation: number
  /** False if its file is not as it should be. */
  readonly sound: boolean
  /** False if it is kept for undo only, and who looks is the node. */
  readonly seen: boolean
}

/** What a batch needs of the index. */
export interface Index {
  open(): Promise<Guard>
  /** Takes the files away that no row names, unless another batch may be writing them: then collection will. */
  close(guard: Guard, unnamed: ReadonlySet<Uint8Array>): Promise<void>
  find(multihash: Uint8Array): Promise<Found | undefined>
  /** Makes a block one of the present generation. False if it is not here (any more). */
  raise(multihash: Uint8Array): Promise<boolean>
  /** With the move, in one transaction; false if that could not be made. */
  put(rows: readonly IndexRow[], move?: Move): Promise<boolean>
}

/** What is known of a block that is put. */
export interface Hints {
  /** Its memory goes back to them when it is in a file. */
  readonly spares?: Spares | undefined
  readonly crc?: number | undefined
}

interface Filing extends Hints {
  readonly multihash: Uint8Array
  readonly content: Uint8Array
}

/**
 * Blocks that belong together: written as they come, durable and to be found once `commit` resolves, and safe from
 * collection until the batch is disposed. What was not committed by then goes.
 */
export class Batch implements AsyncDisposable {
  readonly #index: Index
  readonly #files: BlockFiles
  readonly #writes = new Set<Promise<void>>()
  /** Files that the index does not name yet. */
  readonly #unnamed = new Set<Uint8Array>()
  #guard: Promise<Guard> | undefined
  #rows: IndexRow[] = []
  #held = 0
  #failure: { readonly error: unknown } | undefined

  constructor(index: Index, files: BlockFiles) {
    this.#index = index
    this.#files = files
  }

  /**
   * Resolves when there is room for the next one. The content must be what the hash and the hints say, and stay as it is.
   * Rejects UNSUPPORTED.
   */
  async put(multihash: Uint8Array, content: Uint8Array, { spares, crc }: Hints = {}): Promise<void> {
    nameOf(multihash) // what could not be verified is not kept
    const { generation } = await (this.#guard ??= this.#index.open())
    const found = await this.#index.find(multihash)
    if (found?.sound && found.seen && found.generation >= generation) return spares?.back(content)
    if (content.length > SMALL_BYTES) return this.#putFile({ multihash, content, spares, crc }, found)
    this.#rows.push({ ...headOf({ multihash, content, crc }), content })
    this.#held += content.length
    if (this.#held > HELD_BYTES) await this.#flush()
  }

  /** False if the head has moved already: the blocks are there all the same. */
  async commit(move?: Move): Promise<boolean> {
    await Promise.all(this.#writes)
    this.#check()
    return this.#flush(move)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#writes)
    const guard = await this.#guard?.catch(() => undefined)
    if (guard) await this.#index.close(guard, this.#unnamed)
  }

  /** A row that is there is raised first: then collection leaves it, and the file that we are about to write, alone. */
  async #putFile(filing: Filing, found: Found | undefined): Promise<void> {
    const { multihash, content, spares } = filing
    if (found && (await this.#index.raise(multihash)) && found.sound) {
      if (!found.seen) this.#rows.push({ ...headOf(filing), content: null })
      return spares?.back(content)
    }
    while (this.#writes.size >= WRITES_AT_ONCE) await Promise.race(this.#writes)
    this.#check()
    this.#unnamed.add(multihash)
    const row = { ...headOf(filing), content: null }
    const write: Promise<void> = this.#files
      .write(multihash, content)
      .then(() => this.#filed(row, content, spares))
      .catch((error: unknown) => void (this.#failure ??= { error }))
      .finally(() => this.#writes.delete(write))
    this.#writes.add(write)
  }

  #filed(row: IndexRow, content: Uint8Array, spares: Spares | undefined): void {
    this.#rows.push(row)
    spares?.back(content)
  }

  async #flush(move?: Move): Promise<boolean> {
    const rows = this.#rows
    this.#rows = []
    this.#held = 0
    if (rows.length === 0 && !move) return true
    await this.#files.settle(rows.filter((row) => row.content === null).map((row) => row.multihash))
    const isMoved = await this.#index.put(rows, move)
    for (const { multihash } of rows) this.#unnamed.delete(multihash)
    return isMoved
  }

  #check(): void {
    if (this.#failure) throw this.#failure.error
  }
}

const headOf = ({ multihash, content, crc }: Filing): Omit<IndexRow, 'content'> => ({ multihash, size: content.length, crc: crc ?? crc32(content) })

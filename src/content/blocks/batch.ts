import type { BlockFiles } from './files.ts'

/** Blocks larger than this get a file of their own: from here on that is no slower (scripts/bench/blocks.ts). */
export const SMALL_BYTES = 64 << 10

const HELD_BYTES = 4 << 20
const WRITES_AT_ONCE = 8

/** What the index says of a block; its content too, where that is small. */
export interface IndexRow {
  readonly multihash: Uint8Array
  readonly size: number
  readonly content: Uint8Array | null
}

/** Blocks that belong together: written as they come, durable and to be found once `commit` resolves. */
export class Batch {
  readonly #index: (rows: readonly IndexRow[]) => Promise<void>
  readonly #files: BlockFiles
  readonly #here: (multihash: Uint8Array) => Promise<boolean>
  readonly #writes = new Set<Promise<void>>()
  #rows: IndexRow[] = []
  #held = 0
  #failure: { readonly error: unknown } | undefined

  constructor(index: (rows: readonly IndexRow[]) => Promise<void>, files: BlockFiles, here: (multihash: Uint8Array) => Promise<boolean>) {
    this.#index = index
    this.#files = files
    this.#here = here
  }

  /** Resolves when there is room for the next one. The content must be what the hash says, and stay as it is. */
  async put(multihash: Uint8Array, content: Uint8Array): Promise<void> {
    if (await this.#here(multihash)) return
    if (content.length > SMALL_BYTES) return this.#write(multihash, content)
    this.#rows.push({ multihash, size: content.length, content })
    this.#held += content.length
    if (this.#held > HELD_BYTES) await this.#flush()
  }

  async commit(): Promise<void> {
    await Promise.all(this.#writes)
    this.#check()
    await this.#flush()
  }

  async #write(multihash: Uint8Array, content: Uint8Array): Promise<void> {
    while (this.#writes.size >= WRITES_AT_ONCE) await Promise.race(this.#writes)
    this.#check()
    const write: Promise<void> = this.#files
      .write(multihash, content)
      .then(() => void this.#rows.push({ multihash, size: content.length, content: null }))
      .catch((error: unknown) => void (this.#failure ??= { error }))
      .finally(() => this.#writes.delete(write))
    this.#writes.add(write)
  }

  async #flush(): Promise<void> {
    const rows = this.#rows
    this.#rows = []
    this.#held = 0
    if (rows.length === 0) return
    await this.#files.settle(rows.filter((row) => row.content === null).map((row) => row.multihash))
    await this.#index(rows)
  }

  #check(): void {
    if (this.#failure) throw this.#failure.error
  }
}

import { LEAF_BYTES } from '../core/cid.ts'
import { hashLeaf } from './leaf-threads.ts'

const MEMORIES = 3 // leaves of one content that are gathered or hashed at the same time
const MOST_SPARE = 2 * MEMORIES

/** For the next content. What threads share cannot be let go by hand, and the collector does so late: each large content would leave its memories behind. */
const spare: SharedArrayBuffer[] = []

/** Hashes the leaves of a large content in other threads, while more of it comes. */
export class Leaves {
  readonly #digests: Promise<Uint8Array>[] = []
  readonly #busy = new Set<Promise<void>>()
  #memories = 0
  #leaf: SharedArrayBuffer | undefined
  #size = 0

  /** Resolves when the part is copied; while all memories are in use that waits. */
  async add(part: Uint8Array): Promise<void> {
    for (let rest = part; rest.length > 0;) {
      this.#leaf ??= await this.#memory()
      const taken = rest.subarray(0, LEAF_BYTES - this.#size)
      new Uint8Array(this.#leaf).set(taken, this.#size)
      this.#size += taken.length
      rest = rest.subarray(taken.length)
      if (this.#size === LEAF_BYTES) this.#send(this.#leaf)
    }
  }

  /** sha2-256 of every leaf. Call it once, at the end. */
  end(): Promise<Uint8Array[]> {
    if (this.#leaf) this.#send(this.#leaf)
    return Promise.all(this.#digests)
  }

  #send(memory: SharedArrayBuffer): void {
    const digest = hashLeaf({ memory, size: this.#size, kept: false }).then((sums) => sums.digest)
    const free: Promise<void> = this.#free(memory, digest).finally(() => this.#busy.delete(free))
    free.catch(() => {}) // told at the end, or to who waits for a memory
    this.#busy.add(free)
    this.#digests.push(digest)
    this.#leaf = undefined
    this.#size = 0
  }

  async #free(memory: SharedArrayBuffer, digest: Promise<Uint8Array>): Promise<void> {
    await digest
    this.#memories--
    if (spare.length < MOST_SPARE) spare.push(memory)
  }

  async #memory(): Promise<SharedArrayBuffer> {
    if (this.#memories === MEMORIES) await Promise.race(this.#busy)
    this.#memories++
    return spare.pop() ?? new SharedArrayBuffer(LEAF_BYTES)
  }
}

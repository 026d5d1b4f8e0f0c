import { createHash } from 'node:crypto'
import type { Bytes } from '../core/backend.ts'
import { cidOfRaw, LEAF_BYTES } from '../core/cid.ts'
import type { Node } from './types.ts'

/** Computes the CID of content that goes by, without keeping it. */
export class ContentHasher {
  /** sha2-256 of every full leaf. */
  readonly #leaves: Buffer[] = []
  #leaf = createHash('sha256')
  #size = 0

  update(part: Uint8Array): void {
    for (let rest = part; rest.length > 0;) {
      if (this.#size > 0 && this.#size % LEAF_BYTES === 0) this.#cut()
      const taken = rest.subarray(0, LEAF_BYTES - (this.#size % LEAF_BYTES))
      this.#leaf.update(taken)
      this.#size += taken.length
      rest = rest.subarray(taken.length)
    }
  }

  /** Call it once, at the end. */
  async result(): Promise<Omit<Node, 'kind'>> {
    this.#cut()
    const size = this.#size
    const [only, second] = this.#leaves
    if (only && !second) return { cid: cidOfRaw(only), size, tsize: size, links: 0 }
    const { fileOf } = await import('./unixfs/index.ts')
    const { cid, tsize, links } = await fileOf(this.#leaves, size)
    return { cid: cid.toString(), size, tsize, links }
  }

  #cut(): void {
    this.#leaves.push(this.#leaf.digest())
    this.#leaf = createHash('sha256')
  }
}

/** Passes the parts on and has `hasher` see each. */
export async function* hashing(source: Bytes, hasher: ContentHasher): Bytes {
  for await (const part of source) {
    hasher.update(part)
    yield part
  }
}

/** The CID of a whole content, which is not kept. */
export async function cidOfContent(content: Bytes): Promise<string> {
  const hasher = new ContentHasher()
  for await (const part of content) hasher.update(part)
  return (await hasher.result()).cid
}

const SLAB_BYTES = 1 << 20

/** Memory of blocks that nobody reads any more, for those that come next: fresh memory costs more than what is read into it (see Range.reuse). */
export class Spares {
  readonly #lent = new WeakSet<ArrayBufferLike>()
  readonly #free: ArrayBufferLike[] = []
  readonly #Memory: typeof ArrayBuffer | typeof SharedArrayBuffer
  #slab: Buffer = Buffer.alloc(0)

  constructor(Memory: typeof ArrayBuffer | typeof SharedArrayBuffer = ArrayBuffer) {
    this.#Memory = Memory
  }

  take(bytes: number): Buffer {
    const free = this.#free.pop()
    const memory = free && free.byteLength >= bytes ? free : new this.#Memory(bytes)
    this.#lent.add(memory)
    return Buffer.from(memory, 0, bytes)
  }

  /** What is no view of memory from here stays as it is. */
  back({ buffer }: Uint8Array): void {
    if (this.#lent.delete(buffer)) this.#free.push(buffer)
  }

  /** For who cannot tell when he is done with it: a copy, and the memory comes back. */
  released(content: Uint8Array): Uint8Array {
    if (!this.#lent.has(content.buffer)) return content
    const copy = Buffer.from(content)
    this.back(content)
    return copy
  }

  /** A copy of what is shorter than its memory, which comes back: many share one that stays, since one for each keeps the collector busy. */
  shortened(content: Uint8Array): Buffer {
    if (this.#slab.length < content.length) this.#slab = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, content.length))
    const copy = this.#slab.subarray(0, content.length)
    this.#slab = this.#slab.subarray(content.length)
    copy.set(content)
    this.back(content)
    return copy
  }
}

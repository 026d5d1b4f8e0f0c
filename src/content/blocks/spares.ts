/** Memory of blocks that a reader is done with, for those that it reads next: fresh memory costs more than what is read into it (see Range.reuse). */
export class Spares {
  readonly #lent = new WeakSet<ArrayBufferLike>()
  readonly #free: ArrayBuffer[] = []

  take(bytes: number): Buffer {
    const free = this.#free.pop()
    const memory = free && free.byteLength >= bytes ? free : new ArrayBuffer(bytes)
    this.#lent.add(memory)
    return Buffer.from(memory, 0, bytes)
  }

  /** What is no view of memory from here stays as it is. */
  back({ buffer }: Uint8Array): void {
    if (buffer instanceof ArrayBuffer && this.#lent.delete(buffer)) this.#free.push(buffer)
  }
}

const UTF8 = new TextDecoder()
const FILESTAT_BYTES = 64
const FDSTAT_BYTES = 24
const ALL_RIGHTS = 2n ** 64n - 1n

/** Kinds of a descriptor in WASI preview 1 (github.com/WebAssembly/WASI, legacy/preview1/docs.md). */
export const FILETYPE = { character: 2, directory: 3, file: 4 } as const

/** The guest's memory as the structures of WASI. It moves when it grows, so every access looks for it anew. */
export class GuestMemory {
  #memory: Pick<WebAssembly.Memory, 'buffer'> = { buffer: new ArrayBuffer(0) }
  #bytes = new Uint8Array()
  #view = new DataView(new ArrayBuffer(0))

  /** The memory comes to be with the instance, whose imports refer to this object already. */
  attach(memory: WebAssembly.Memory): void {
    this.#memory = memory
  }

  get view(): DataView {
    this.#follow()
    return this.#view
  }

  bytes(pointer: number, length: number): Uint8Array {
    this.#follow()
    return this.#bytes.subarray(pointer, pointer + length)
  }

  text(pointer: number, length: number): string {
    return UTF8.decode(this.bytes(pointer, length))
  }

  u32(pointer: number, value: number): void {
    this.view.setUint32(pointer, value, true)
  }

  /** The buffers of a scattered read or a gathered write. */
  *vectors(pointer: number, count: number): Generator<Uint8Array> {
    for (let at = pointer; at < pointer + count * 8; at += 8) {
      yield this.bytes(this.view.getUint32(at, true), this.view.getUint32(at + 4, true))
    }
  }

  filestat(pointer: number, type: number): void {
    this.bytes(pointer, FILESTAT_BYTES).fill(0)
    this.view.setUint8(pointer + 16, type)
    this.view.setBigUint64(pointer + 24, 1n, true)
  }

  fdstat(pointer: number, type: number): void {
    this.bytes(pointer, FDSTAT_BYTES).fill(0)
    this.view.setUint8(pointer, type)
    this.view.setBigUint64(pointer + 8, ALL_RIGHTS, true)
    this.view.setBigUint64(pointer + 16, ALL_RIGHTS, true)
  }

  #follow(): void {
    if (this.#bytes.buffer === this.#memory.buffer) return
    this.#bytes = new Uint8Array(this.#memory.buffer)
    this.#view = new DataView(this.#memory.buffer)
  }
}

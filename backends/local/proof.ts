import { readAsync } from './io.ts'

const PIECE = 1 << 20 // bytes that are read back at once

/** Reads back what was written to a descriptor, and compares it while it is still there to be compared with. */
export class Proof {
  readonly #fd: number
  #memory: Buffer | undefined

  constructor(fd: number) {
    this.#fd = fd
  }

  /** False if the disk holds anything else from there on. */
  async of(part: Uint8Array, at: number): Promise<boolean> {
    const memory = (this.#memory ??= Buffer.allocUnsafeSlow(PIECE))
    for (let done = 0; done < part.length;) {
      const { bytesRead } = await readAsync(this.#fd, memory, 0, Math.min(PIECE, part.length - done), at + done)
      if (bytesRead === 0 || !memory.subarray(0, bytesRead).equals(part.subarray(done, done + bytesRead))) return false
      done += bytesRead
    }
    return true
  }
}

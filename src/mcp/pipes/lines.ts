const NEWLINE = 0x0a

/** Cuts what comes in pieces into lines. Keeps no more than one line, of at most `limit` bytes. */
export class Lines {
  readonly #limit: number
  #begun: Buffer[] = []
  #size = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  /** The lines that end in this piece, without their ends. Throws for one that is too long. */
  take(piece: Buffer): string[] {
    const last = piece.lastIndexOf(NEWLINE)
    this.#keep(last < 0 ? piece : piece.subarray(0, last))
    if (last < 0) return []
    const whole = Buffer.concat(this.#begun, this.#size).toString()
    this.#begun = []
    this.#size = 0
    this.#keep(piece.subarray(last + 1))
    return whole.split('\n')
  }

  #keep(piece: Buffer): void {
    this.#size += piece.length
    if (this.#size > this.#limit) throw new Error(`a message may have ${this.#limit} bytes`)
    if (piece.length > 0) this.#begun.push(piece)
  }
}

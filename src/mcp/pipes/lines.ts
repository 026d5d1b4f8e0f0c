const NEWLINE = 0x0a
const EDGE = 1024 // bytes of each end of a line that is too long

/** The two ends of a line that was too long to be kept. */
export interface TooLong {
  readonly head: string
  readonly tail: string
}

interface Ends {
  readonly head: Buffer
  readonly tail: Buffer
}

/** Cuts what comes in pieces into lines. Keeps no more than one line, of at most `limit` bytes; a longer one is passed over, and then told. */
export class Lines {
  readonly #limit: number
  readonly #tooLong: (ends: TooLong) => void
  #begun: Buffer[] = []
  #passed: Ends | undefined
  #size = 0

  constructor(limit: number, tooLong: (ends: TooLong) => void) {
    this.#limit = limit
    this.#tooLong = tooLong
  }

  /** The lines that end in this piece, without their ends. */
  take(piece: Buffer): string[] {
    const end = piece.indexOf(NEWLINE)
    if (this.#size + (end < 0 ? piece.length : end) > this.#limit) return this.#passOver(piece, end)
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
    if (piece.length > 0) this.#begun.push(piece)
  }

  #passOver(piece: Buffer, end: number): string[] {
    const part = end < 0 ? piece : piece.subarray(0, end)
    const { head, tail } = this.#passed ?? this.#ends()
    this.#begun = []
    this.#passed = { head: Buffer.concat([head, part.subarray(0, EDGE - head.length)]), tail: Buffer.from(Buffer.concat([tail, part]).subarray(-EDGE)) }
    this.#size = Infinity // whatever follows on this line is too much as well
    return end < 0 ? [] : this.#pass(this.#passed, piece.subarray(end + 1))
  }

  #pass({ head, tail }: Ends, rest: Buffer): string[] {
    this.#passed = undefined
    this.#size = 0
    this.#tooLong({ head: head.toString(), tail: tail.toString() })
    return this.take(rest)
  }

  #ends(): Ends {
    const known = Buffer.concat(this.#begun)
    return { head: Buffer.from(known.subarray(0, EDGE)), tail: Buffer.from(known.subarray(-EDGE)) }
  }
}

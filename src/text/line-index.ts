import { LRUCache } from 'lru-cache'

/** A place where a line begins. */
export interface Mark {
  /** 1 is the first. */
  readonly line: number
  readonly byte: number
}

const STRIDE = 1024 * 1024
const MAX_MARKS = 4096
const START: Mark = { line: 1, byte: 0 }

interface Marks {
  readonly list: Mark[]
  total?: number
}

/** Where the lines of large files begin, learnt while reading them, so that the next page does not start from the beginning. Bounded. */
export class LineIndex {
  readonly #files = new LRUCache<string, Marks>({ max: 64 })

  /** The last known mark at or before a line. `key` names a file's content: path and etag. */
  before(key: string, line: number): Mark {
    return this.#files.get(key)?.list.findLast((mark) => mark.line <= line) ?? START
  }

  add(key: string, mark: Mark): void {
    const marks = this.#of(key)
    const last = marks.list.at(-1) ?? START
    if (mark.byte >= last.byte + STRIDE && marks.list.length < MAX_MARKS) marks.list.push(mark)
  }

  total(key: string): number | undefined {
    return this.#files.get(key)?.total
  }

  setTotal(key: string, total: number): void {
    this.#of(key).total = total
  }

  #of(key: string): Marks {
    const marks = this.#files.get(key) ?? { list: [] }
    this.#files.set(key, marks)
    return marks
  }
}

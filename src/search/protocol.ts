import type { ThreadPlaces } from '../vfs/types.ts'
import type { Outcome, Task } from './grep.ts'
import { PIECE_BYTES } from './limits.ts'

/** One file of a batch: a part of the batch's own bytes, too large for it and fetched piece by piece, or not to be read. */
export type Item = { readonly offset: number; readonly length: number } | 'pieces' | 'absent'

/** Content that travels with the job. */
export interface Packed {
  readonly items: readonly Item[]
  readonly bytes: ArrayBuffer
}

export interface Job {
  readonly task: Task
  /** ThreadPlaces: the worker reads them by itself. */
  readonly files: Packed | ThreadPlaces
}

/** What a worker says: it wants the next piece of a file, or it has done its job. */
export type Reply = { readonly wanted: number } | { readonly outcome: Outcome } | { readonly failed: unknown }

export interface WorkerInit {
  readonly engine: WebAssembly.Module
  readonly control: SharedArrayBuffer
}

const STOP = 0
const PIECE = 1
const HEAD_BYTES = 8
const WAITING = -1
const FAILED = -2

/**
 * The memory that both sides of a worker share: the order to stop, and one piece of a file. The worker asks for a piece by a
 * message and sleeps until it is there, because the engine cannot wait in any other way.
 */
export class Control {
  readonly buffer: SharedArrayBuffer
  readonly #state: Int32Array
  readonly #piece: Uint8Array

  constructor(buffer = new SharedArrayBuffer(HEAD_BYTES + PIECE_BYTES)) {
    this.buffer = buffer
    this.#state = new Int32Array(buffer, 0, HEAD_BYTES / 4)
    this.#piece = new Uint8Array(buffer, HEAD_BYTES)
  }

  get stopped(): boolean {
    return Atomics.load(this.#state, STOP) === 1
  }

  /** Before a job starts, while the worker does nothing. */
  reset(): void {
    Atomics.store(this.#state, STOP, 0)
  }

  /** The worker ends its job at the next chance it gets. */
  stop(): void {
    Atomics.store(this.#state, STOP, 1)
    this.#answer(0)
  }

  /** At most PIECE_BYTES; an empty piece ends the file. */
  give(piece: Uint8Array): void {
    this.#piece.set(piece)
    this.#answer(piece.length)
  }

  fail(): void {
    this.#answer(FAILED)
  }

  /** In the worker: the next piece, valid until the next call. Throws if there is none because reading failed. */
  take(ask: () => void): Uint8Array {
    Atomics.store(this.#state, PIECE, WAITING)
    ask()
    if (!this.stopped) Atomics.wait(this.#state, PIECE, WAITING)
    const length = Atomics.load(this.#state, PIECE)
    if (length === FAILED) throw new Error('the piece could not be read')
    return this.#piece.subarray(0, Math.max(0, length))
  }

  #answer(length: number): void {
    Atomics.store(this.#state, PIECE, length)
    Atomics.notify(this.#state, PIECE)
  }
}

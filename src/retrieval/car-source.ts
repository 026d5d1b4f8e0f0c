import type { CID } from 'multiformats/cid'
import { keyOf } from '../content/dag/index.ts'
import { inlined } from '../content/unixfs/codec.ts'
import type { Bytes } from '../core/backend.ts'
import { VfsError } from '../core/error.ts'
import { isBlockOf } from '../ipfs/block.ts'
import { carDecoder } from '../ipfs/dag/car-in.ts'
import type { Delivery, Source } from './types.ts'

interface CarBlock {
  readonly cid: CID
  readonly bytes: Uint8Array
}

/** A CAR that has to hold the wanted blocks, in the order of the walk, and nothing else. */
export class CarSource implements Source {
  readonly ahead = 0
  readonly #bytes: AsyncIterator<Uint8Array>
  readonly #blocks: AsyncIterator<CarBlock>
  readonly #from: string

  /** `from`: whose CAR it is, for messages. */
  constructor(bytes: Bytes, from: string) {
    this.#bytes = bytes[Symbol.asyncIterator]()
    this.#blocks = blocksOf({ [Symbol.asyncIterator]: () => this.#bytes })
    this.#from = from
  }

  async get(cid: CID): Promise<Delivery> {
    const found = await this.#next(`before block ${cid.toString()}`)
    if (!found) throw this.#damaged(`ends before block ${cid.toString()}`)
    if (keyOf(found.cid) !== keyOf(cid)) throw this.#damaged(`has block ${found.cid.toString()} where ${cid.toString()} was to be`)
    if (isBlockOf(cid, found.bytes)) return { bytes: found.bytes }
    throw new VfsError('INVALID_BLOCK', `the answer of ${this.#from} has something else as block ${cid.toString()}`, { hint: AGAIN })
  }

  async end(): Promise<void> {
    const found = await this.#next('behind the last block that is wanted')
    if (found) throw this.#damaged(`goes on behind the last block that is wanted, with ${found.cid.toString()}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#bytes.return?.()
  }

  /** What holds its content in its CID is no part of the DAG's blocks, though some send it. */
  async #next(where: string): Promise<CarBlock | undefined> {
    for (;;) {
      const { value, done } = await this.#blocks.next().catch((cause: unknown) => Promise.reject(this.#failed(cause, where)))
      if (done) return undefined
      if (!inlined(value.cid)) return value
    }
  }

  #failed(cause: unknown, where: string): unknown {
    if (cause instanceof VfsError) return cause
    return this.#damaged(`breaks off ${where}: ${cause instanceof Error ? cause.message.slice(0, 200) : String(cause)}`, cause)
  }

  #damaged(how: string, cause?: unknown): VfsError {
    return new VfsError('INVALID_CAR', `the answer of ${this.#from} ${how}`, { cause, retryable: true, hint: AGAIN })
  }
}

const AGAIN = 'Nothing was written. Repeat the call, or name other providers.'

async function* blocksOf(bytes: Bytes): AsyncGenerator<CarBlock> {
  yield* carDecoder(bytes).blocks()
}

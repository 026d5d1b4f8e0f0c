import type { Bytes } from '../core/backend.ts'
import { carBlock, carHeader } from '../ipfs/dag/car-out.ts'
import type { Found } from './types.ts'

/** A CAR (version 1) of what was found, as gateways answer it: its root is the end of the path, and the blocks that lead there come first. */
export class Archive {
  readonly #found: AsyncIterable<Found>
  #root = ''

  constructor(found: AsyncIterable<Found>) {
    this.#found = found
  }

  /** Known once the bytes have begun. */
  get root(): string {
    return this.#root
  }

  async *bytes(): Bytes {
    const onPath: Found[] = []
    for await (const one of this.#found) {
      if (one.onPath) onPath.push(one)
      else yield* this.#root === '' ? this.#begin([...onPath, one], one) : carBlock(one.cid, one.bytes)
    }
  }

  *#begin(blocks: readonly Found[], { cid }: Found): Generator<Uint8Array> {
    this.#root = cid.toString()
    yield carHeader(cid)
    for (const block of blocks) yield* carBlock(block.cid, block.bytes)
  }
}

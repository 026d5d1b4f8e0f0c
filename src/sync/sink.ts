import type { Call } from '../core/backend.ts'
import type { Spares } from '../content/blocks/spares.ts'
import type { Encoded } from '../content/unixfs/codec.ts'
import type { Sink } from '../content/unixfs/index.ts'
import type { Block, NodeBlocks } from '../ipfs/types.ts'

const HELD_BYTES = 8 << 20

/** Sends blocks to a node in portions: one is made durable while the next is gathered. */
export class NodeSink implements Sink {
  readonly #blocks: NodeBlocks
  readonly #call: Call
  #held: Held[] = []
  #bytes = 0
  #sent: Promise<void> = Promise.resolve()

  constructor(blocks: NodeBlocks, call: Call) {
    this.#blocks = blocks
    this.#call = call
  }

  readonly save = async ({ cid, block }: Encoded, spares?: Spares): Promise<void> => {
    this.#held.push({ cid: cid.toString(), bytes: block, spares })
    this.#bytes += block.length
    if (this.#bytes >= HELD_BYTES) await this.#send()
  }

  async commit(): Promise<void> {
    if (this.#held.length > 0) await this.#send()
    await this.#sent
  }

  async #send(): Promise<void> {
    const [before, held] = [this.#sent, this.#held]
    this.#held = []
    this.#bytes = 0
    this.#sent = before.then(() => this.#put(held))
    this.#sent.catch(() => undefined) // whoever waits for the next portion is told
    await before
  }

  async #put(held: readonly Held[]): Promise<void> {
    await this.#blocks.put(each(held), this.#call)
    for (const { bytes, spares } of held) spares?.back(bytes)
  }
}

/** A block, and where its memory goes when it is put. */
interface Held extends Block {
  readonly spares: Spares | undefined
}

async function* each(blocks: readonly Block[]): AsyncGenerator<Block> {
  yield* blocks
}

import { BaseBlockstore } from 'blockstore-core/base'
import type { CID } from 'multiformats/cid'
import type { Blocks } from '../../content/blocks/blocks.ts'
import { verifies } from '../../content/blocks/multihash.ts'
import { VfsError } from '../../core/error.ts'
import type { Served } from './served.ts'

type Content = Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>

/** The content store's blocks as the library sees them: it may put all, and give its peers only what is served. */
export class ServedBlockstore extends BaseBlockstore {
  readonly #blocks: Blocks
  readonly #served: Pick<Served, 'has'>

  constructor(blocks: Blocks, served: Pick<Served, 'has'>) {
    super()
    this.#blocks = blocks
    this.#served = served
  }

  /** What is not here is not looked for among what is served. */
  override async has({ multihash }: CID): Promise<boolean> {
    return (await this.#blocks.has(multihash.bytes)) && this.#served.has(multihash.bytes)
  }

  override async *get(cid: CID): AsyncGenerator<Uint8Array> {
    const block = (await this.has(cid)) ? await this.#blocks.get(cid.multihash.bytes) : undefined
    if (!block) throw new VfsError('NOT_FOUND', `${cid.toString()} is not served`)
    yield block
  }

  override async put(cid: CID, content: Content): Promise<CID> {
    const block = content instanceof Uint8Array ? content : Buffer.concat(await Array.fromAsync(content))
    if (!verifies(cid.multihash.bytes, block)) throw new VfsError('INVALID_BLOCK', `a peer sent something else for ${cid.toString()}`)
    await using batch = this.#blocks.batch()
    await batch.put(cid.multihash.bytes, block)
    await batch.commit()
    return cid
  }
}

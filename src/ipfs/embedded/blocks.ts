import type { CID } from 'multiformats/cid'
import type { Reading } from '../../content/blocks/blocks.ts'
import type { Guard } from '../../content/blocks/guards.ts'
import { sha256Multihash } from '../../content/blocks/multihash.ts'
import type { LocalContent } from '../../content/store.ts'
import type { Call } from '../../core/backend.ts'
import { cidOfRaw, rawDigest } from '../../core/cid.ts'
import { isCode, throwIfAborted } from '../../core/error.ts'
import { checkBlock, IDENTITY } from '../block.ts'
import type { Block, NodeBlocks } from '../types.ts'
import type { Network } from './network.ts'

const SHA256 = 0x12

const loadUnixfs = () => import('../../content/unixfs/index.ts')

/** Blocks from this machine, else from the network. */
export class EmbeddedBlocks implements NodeBlocks {
  readonly #content: LocalContent
  readonly #network: Network

  constructor(content: LocalContent, network: Network) {
    this.#content = content
    this.#network = network
  }

  async get(cid: string, call?: Call): Promise<Uint8Array> {
    const leaf = await this.leaf(cid)
    return leaf ?? this.block((await loadUnixfs()).parseCid(cid), call)
  }

  async has(cid: string): Promise<boolean> {
    return this.holds((await loadUnixfs()).parseCid(cid))
  }

  /** A node, once it was read, is looked for with the leaves that were met since: one by one that takes twice the processor time. */
  async hasAll(cid: string, { signal }: Call = {}): Promise<boolean> {
    const [{ parseCid }, { nodesOnce, walk }] = await Promise.all([loadUnixfs(), import('../../content/dag/index.ts')])
    const met: CID[] = []
    const visits = nodesOnce((leaf) => void met.push(leaf))
    for await (const node of walk((each) => this.found(each), parseCid(cid), { signal, visits, lenient: true })) {
      if (!(await this.#holdsAll(met.splice(0)))) return false
      met.push(node)
    }
    return this.#holdsAll(met)
  }

  async put(blocks: AsyncIterable<Block>, { signal }: Call = {}): Promise<void> {
    const { parseCid } = await loadUnixfs()
    await using batch = this.#content.blocks.batch()
    for await (const { cid: text, bytes } of blocks) {
      throwIfAborted(signal, 'put')
      const cid = parseCid(text)
      checkBlock(cid, bytes)
      if (cid.multihash.code !== IDENTITY) await batch.put(cid.multihash.bytes, bytes)
    }
    await batch.commit()
  }

  async *local({ signal }: Call = {}): AsyncGenerator<string> {
    const { rawCidOf } = await loadUnixfs()
    for await (const multihash of this.#content.blocks.all()) {
      throwIfAborted(signal, 'list')
      yield multihash[0] === SHA256 ? cidOfRaw(multihash.subarray(2)) : rawCidOf(multihash)
    }
  }

  /** The content of a CID that says by its form that it is one leaf, if that is on this machine: no codec is needed. */
  async leaf(cid: string): Promise<Uint8Array | undefined> {
    const digest = rawDigest(cid)
    return digest && this.#local(sha256Multihash(digest))
  }

  async block(cid: CID, call: Call & Reading = {}): Promise<Uint8Array> {
    throwIfAborted(call.signal)
    if (cid.multihash.code === IDENTITY) return cid.multihash.digest
    return (await this.#local(cid.multihash.bytes, call)) ?? this.#network.fetch(cid, call)
  }

  /** What is on this machine only; undefined also for a block that is damaged. */
  async found(cid: CID): Promise<Uint8Array | undefined> {
    return cid.multihash.code === IDENTITY ? cid.multihash.digest : this.#content.blocks.sound(cid.multihash.bytes)
  }

  async holds(cid: CID): Promise<boolean> {
    return cid.multihash.code === IDENTITY || this.#content.blocks.has(cid.multihash.bytes)
  }

  async #holdsAll(cids: readonly CID[]): Promise<boolean> {
    return this.#content.blocks.hasAll(cids.flatMap(({ multihash }) => (multihash.code === IDENTITY ? [] : [multihash.bytes])))
  }

  /** True if it is here, and then it stays as long as the guard is open. */
  async keeps(guard: Guard, cid: CID): Promise<boolean> {
    return cid.multihash.code === IDENTITY || this.#content.blocks.keeps(guard, cid.multihash.bytes)
  }

  /** Where a network can bring it anew, a damaged block is a missing one. */
  async #local(multihash: Uint8Array, reading?: Reading): Promise<Uint8Array | undefined> {
    try {
      return await this.#content.blocks.get(multihash, reading)
    } catch (error) {
      if (isCode(error, 'INVALID_BLOCK') && this.#network.mode !== 'off') return undefined
      throw error
    }
  }
}

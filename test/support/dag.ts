import type { CID } from 'multiformats/cid'
import { codecOf, type CodecName, CODECS } from '../../src/content/dag/index.ts'
import { cidOf } from '../../src/content/unixfs/codec.ts'
import type { Block, NodeBlocks } from '../../src/ipfs/types.ts'

/** A block of an IPLD value, as any program would make it. */
export async function blockOf(codec: CodecName, value: unknown): Promise<Block & { readonly link: CID }> {
  const bytes = (await codecOf(CODECS[codec]))?.encode(value) ?? new Uint8Array()
  const link = cidOf(CODECS[codec], bytes)
  return { link, cid: link.toString(), bytes }
}

/** Each block holds the CID of the one before it: the last is the root. */
export async function* chain(length: number, seed = ''): AsyncGenerator<Block & { readonly link: CID }> {
  let below: CID | null = null
  for (let depth = 0; depth < length; depth++) {
    const block = await blockOf('dag-cbor', { depth, below, seed })
    below = block.link
    yield block
  }
}

export async function keep(blocks: Pick<NodeBlocks, 'put'>, ...given: readonly Block[]): Promise<void> {
  await blocks.put(each(given))
}

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items
}

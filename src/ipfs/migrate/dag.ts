import type { CID } from 'multiformats/cid'
import type { Call } from '../../core/backend.ts'
import type { FindBlock } from '../../content/dag/index.ts'
import type { Block, NodeBlocks } from '../types.ts'

const AT_ONCE = 16

/** What went over. */
export interface Traffic {
  blocks: number
  bytes: number
}

/** Sends the blocks below a root that the source has; what it lacks, it would have fetched, and so will the target. */
export async function carryDag(source: NodeBlocks, target: NodeBlocks, root: string, traffic: Traffic, call: Call): Promise<void> {
  await target.put(below(source, root, traffic, call), call)
}

export async function carryBlock(source: NodeBlocks, target: NodeBlocks, cid: string, traffic: Traffic, call: Call): Promise<void> {
  const bytes = await source.get(cid, call)
  await target.put(one({ cid, bytes }), call)
  count(traffic, bytes)
}

async function* below(source: NodeBlocks, root: string, traffic: Traffic, call: Call): AsyncGenerator<Block> {
  const [{ parseCid }, { inTurn, walk }] = await Promise.all([import('../../content/unixfs/index.ts'), import('../../content/dag/index.ts')])
  const find: FindBlock = async (cid) => ((await source.has(cid.toString(), call)) ? source.get(cid.toString(), call) : undefined)
  const cids = walk(find, parseCid(root), { ...call, lenient: true })
  for await (const [cid, bytes] of inTurn<CID, Uint8Array | undefined>(cids, AT_ONCE, find)) {
    if (!bytes) continue
    count(traffic, bytes)
    yield { cid: cid.toString(), bytes }
  }
}

function count(traffic: Traffic, bytes: Uint8Array): void {
  traffic.blocks++
  traffic.bytes += bytes.length
}

async function* one(block: Block): AsyncGenerator<Block> {
  yield block
}

import type { Call } from '../core/backend.ts'
import { isCode } from '../core/error.ts'
import type { Block, NodeBlocks } from '../ipfs/types.ts'
import type { Found } from './types.ts'

/**
 * Puts what was found into a node, under a guard of the caller's; gives the CID at the end of the path. Where no more can be
 * had, what came is kept all the same, so that the next call goes on from there; a caller who has gone leaves nothing.
 */
export async function keep({ blocks }: { readonly blocks: Pick<NodeBlocks, 'put'> }, found: AsyncIterable<Found>, call: Call): Promise<string> {
  const came: Came = { end: '', failure: undefined }
  await blocks.put(blocksOf(found, came), { signal: call.signal })
  if (came.failure) throw came.failure.error
  return came.end
}

interface Came {
  /** Of the path. */
  end: string
  failure: { readonly error: unknown } | undefined
}

async function* blocksOf(found: AsyncIterable<Found>, came: Came): AsyncGenerator<Block> {
  try {
    for await (const { cid, bytes, onPath } of found) {
      if (!onPath && came.end === '') came.end = cid.toString()
      yield { cid: cid.toString(), bytes }
    }
  } catch (error) {
    if (isCode(error, 'CANCELLED')) throw error
    came.failure = { error }
  }
}

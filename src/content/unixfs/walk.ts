import type { CID } from 'multiformats/cid'
import type { Call } from '../../core/backend.ts'
import { throwIfAborted } from '../../core/error.ts'
import { inlined, isNode, linksOf } from './codec.ts'
import type { GetBlock } from './loader.ts'
import { prefetch } from './prefetch.ts'

const AHEAD = 16

/** Every block below a root, once each, the root first. Leaves are named, not loaded. */
export async function* walk(get: GetBlock, root: CID, call: Call = {}, seen = new Set<string>()): AsyncGenerator<CID> {
  let level = [root]
  while (level.length > 0) {
    const fresh = level.filter((cid) => !inlined(cid) && !seen.has(cid.toString()) && seen.add(cid.toString()))
    yield* fresh
    level = []
    for await (const [, block] of prefetch(fresh.filter(isNode), AHEAD, (cid) => get(cid, call))) {
      throwIfAborted(call.signal)
      level.push(...linksOf(block))
    }
  }
}

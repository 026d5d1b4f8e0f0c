import { isCode, VfsError } from '../core/error.ts'
import type { PeerInfo, Reached } from './network-types.ts'
import { reachingEach } from './reaching.ts'

export type Limited = Reached & { readonly limit: number }

/** What a search of the network finds, each peer once, until there are enough or the time is over. */
export async function* found(op: string, options: Limited, open: (signal: AbortSignal) => AsyncIterable<PeerInfo>): AsyncGenerator<PeerInfo> {
  const seen = new Set<string>()
  for await (const info of untilLate(reachingEach(op, options, open))) {
    if (seen.has(info.peer)) continue
    seen.add(info.peer)
    yield info
    if (seen.size >= options.limit) return
  }
}

export const unknownPeer = (peer: string, cause?: unknown): VfsError =>
  new VfsError('NOT_FOUND', `nobody who was asked knows the peer ${peer}`, { cause, hint: 'Check the peer id, or repeat the call later.' })

/** What was found before the deadline is an answer. */
async function* untilLate(peers: AsyncIterable<PeerInfo>): AsyncGenerator<PeerInfo> {
  let some = false
  try {
    for await (const info of peers) {
      some = true
      yield info
    }
  } catch (error) {
    if (!(some && isCode(error, 'TIMEOUT'))) throw error
  }
}

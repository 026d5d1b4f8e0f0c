import type { PeerId } from '@libp2p/interface'
import { VfsError } from '../core/error.ts'

/** Of `12D3Koo…`, `Qm…`, or a CID of a key. Rejects INVALID_ARGUMENT. */
export async function peerIdOf(text: string): Promise<PeerId> {
  const [{ peerIdFromCID, peerIdFromString }, { CID }] = await Promise.all([import('@libp2p/peer-id'), import('multiformats/cid')])
  try {
    return /^(1|Qm)/.test(text) ? peerIdFromString(text) : peerIdFromCID(CID.parse(text))
  } catch (cause) {
    throw new VfsError('INVALID_ARGUMENT', `${JSON.stringify(text.slice(0, 200))} is no peer id`, { cause, hint: 'Send an id such as 12D3Koo….' })
  }
}

import { generateKeyPair } from '@libp2p/crypto/keys'
import { BaseBlockstore } from 'blockstore-core/base'
import type { CID } from 'multiformats/cid'
import { startPeer } from '../../src/ipfs/embedded/helia.ts'
import type { NodeBlocks } from '../../src/ipfs/types.ts'
import { LOOPBACK } from './machine.ts'

export interface LyingPeer extends AsyncDisposable {
  readonly addresses: readonly string[]
  /** What it was asked for, in the order of asking. */
  readonly asked: readonly string[]
}

/** A real bitswap peer that says it has everything, and sends what `blocks` holds but for one block: for that, other bytes. */
export async function lyingPeer(blocks: Pick<NodeBlocks, 'get'>, forged: string, lie: Uint8Array): Promise<LyingPeer> {
  const asked: string[] = []
  class Lies extends BaseBlockstore {
    override has = async () => true
    override async *get(cid: CID) {
      asked.push(cid.toString())
      yield cid.toString() === forged ? lie : await blocks.get(cid.toString())
    }
  }
  const key = await generateKeyPair('Ed25519')
  const peer = await startPeer({ mode: 'node', key, blockstore: new Lies(), peering: { ...LOOPBACK, fetchTimeoutMs: 1000 } })
  return { addresses: peer.identity().addresses, asked, [Symbol.asyncDispose]: () => peer[Symbol.asyncDispose]() }
}

import { generateKeyPair } from '@libp2p/crypto/keys'
import { expect, test, vi } from 'vitest'
import { rawCid } from '../../../src/core/cid.ts'
import { ServedBlockstore } from '../../../src/ipfs/embedded/blockstore.ts'
import { startPeer } from '../../../src/ipfs/embedded/helia.ts'
import { withContent } from '../../support/content.ts'
import { LOOPBACK, machine } from '../../support/machine.ts'

test('a node that has much tells the network of all of it, a few at a time', async () => {
  await withContent(async (content) => {
    await using neighbour = await machine({ network: 'node' })
    const { addresses } = await neighbour.node.identity()
    const blockstore = new ServedBlockstore(content.blocks, { has: async () => false })
    const peering = { ...LOOPBACK, peers: addresses, fetchTimeoutMs: 1000 }
    await using peer = await startPeer({ mode: 'node', key: await generateKeyPair('Ed25519'), blockstore, peering })
    await peer.met()
    const { routing } = peer.library
    const provide = routing.provide.bind(routing)
    const told: string[] = []
    let [running, most] = [0, 0]
    vi.spyOn(routing, 'provide').mockImplementation(async (cid, options) => {
      most = Math.max(most, ++running)
      await provide(cid, options).finally(() => running--)
      told.push(cid.toString())
    })
    const all = Array.from({ length: 100 }, (_, i) => rawCid(Buffer.from(`${i}`)))
    await peer.provideAll(all)
    expect(told.toSorted()).toEqual(all.toSorted())
    expect(most).toBeLessThanOrEqual(8)
    await expect
      .poll(async () => (await Array.fromAsync(neighbour.node.routing.findProviders(all[99] ?? '', { limit: 1 }))).length, { timeout: 20_000 })
      .toBe(1)
  })
})

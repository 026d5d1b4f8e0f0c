import { expect, test, vi } from 'vitest'
import { bytesOf } from '../../../src/core/bytes.ts'
import { rawCid } from '../../../src/core/cid.ts'
import { unique } from './make.ts'
import type { PairOf } from './pair.ts'

const NOBODY = '12D3KooWQq7tsBPdHe7WfuZm9nJmBqX9txxK3Fc2g4eokJ1Z7Zos'

export function routing(pair: PairOf): void {
  test('the other is found, and a stranger is not', async () => {
    const { here, there } = pair()
    const { peer } = await there.identity()
    expect(await here.routing.findPeer(peer)).toMatchObject({ peer, addresses: expect.arrayContaining([expect.stringMatching(/^\/ip4\/127\.0\.0\.1\/tcp\//)]) })
    await expect(here.routing.findPeer(NOBODY)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(here.routing.findPeer('hello')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })

  test('who has a CID is found once it is told, and nobody for one that nobody has', async () => {
    const { here, there } = pair()
    const { peer } = await there.identity()
    const { cid } = await there.add(bytesOf(unique()))
    await there.pins.add(cid)
    await there.routing.provide(cid)
    const found = async () => Array.fromAsync(here.routing.findProviders(cid, { limit: 1 }))
    await vi.waitFor(async () => expect(await found()).toMatchObject([{ peer }]), 10_000) // a peer that is told does not answer when it knows
    expect(await Array.fromAsync(here.routing.findProviders(rawCid(Buffer.from(unique())), { limit: 5 }))).toEqual([])
    await expect(Array.fromAsync(here.routing.findProviders('hello', { limit: 1 }))).rejects.toMatchObject({ code: 'INVALID_CID' })
  })

  test('the closest peers of a peer are told, as many as asked for', async () => {
    const { here, there } = pair()
    const { peer } = await there.identity()
    expect(await Array.fromAsync(here.routing.closestPeers(peer, { limit: 1 }))).toMatchObject([{ peer }])
    await expect(Array.fromAsync(here.routing.closestPeers('hello', { limit: 1 }))).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })
}

import { expect, test } from 'vitest'
import type { PairOf } from './pair.ts'

export function swarm(pair: PairOf): void {
  test('each sees its connection to the other', async () => {
    const { here, there } = pair()
    const { peer } = await there.identity()
    const connection = (await here.swarm.connections()).find((one) => one.peer === peer)
    expect(connection).toMatchObject({ address: expect.stringMatching(/^\/ip4\/127\.0\.0\.1\/tcp\/\d+$/), direction: expect.stringMatching(/^(in|out)bound$/) })
    expect([null, expect.any(Number)]).toContainEqual(connection?.latency)
  })

  test('connecting to a peer again is no error, and to nobody is one', async () => {
    const { here, there } = pair()
    const { addresses, peer } = await there.identity()
    const address = addresses[0] ?? ''
    await here.swarm.connect(address.includes('/p2p/') ? address : `${address}/p2p/${peer}`)
    const nobody = '/ip4/127.0.0.1/tcp/9/p2p/12D3KooWQq7tsBPdHe7WfuZm9nJmBqX9txxK3Fc2g4eokJ1Z7Zos'
    await expect(here.swarm.connect(nobody)).rejects.toMatchObject({ code: 'NO_PEERS' })
    await expect(here.swarm.connect('hello')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })
}

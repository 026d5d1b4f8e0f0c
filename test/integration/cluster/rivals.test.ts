import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { Cluster } from '../../../src/cluster/client.ts'
import { needsCluster, TestCluster } from '../../support/cluster.ts'
import { connect, type ConnectedGateway } from '../../support/gateway.ts'

let cluster: TestCluster | undefined
beforeEach(needsCluster)
beforeAll(async () => void (cluster = await TestCluster.start(2).catch(() => undefined)), 60_000)
afterAll(() => cluster?.[Symbol.asyncDispose]())

const ROUNDS = 4

/** A gateway of its own data folder that asks this peer. */
function gateway(name: string, peer = 0): Promise<ConnectedGateway> {
  const at = cluster?.peers[peer]
  const options = { api: at?.api, name, replication_min: 1, replication_max: 1, ipfs_api: at?.kubo.url }
  return connect({ config: { backends: { team: { type: 'cluster', options } }, mounts: [{ path: '/team', backend: 'team' }] } })
}

const named = async (name: string, peer = 0): Promise<string[]> => {
  const pins = await Array.fromAsync(new Cluster({ api: cluster?.peers[peer]?.api ?? '' }).allPinned())
  return pins.flatMap((pin) => (pin.name === name ? [pin.cid] : []))
}

test('of two data folders that write in one moment one at most is told of success, and what it wrote stands', { timeout: 120_000 }, async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const name = `race ${round}`
    await using one = await gateway(name)
    await one.call('vfs_write', { path: '/team/f', content: 'before' })
    await using two = await gateway(name)
    const told = await Promise.all([one, two].map((each, i) => each.call('vfs_write', { path: '/team/f', content: `by ${i}` })))
    const winners = told.flatMap(({ ok }, i) => (ok ? [i] : []))
    expect(winners).toHaveLength(1)
    expect(told.find(({ ok }) => !ok)?.result).toMatchObject({ error_code: 'CONFLICT' })
    await using afresh = await gateway(name)
    expect((await afresh.call('vfs_read', { path: '/team/f', raw: true })).text).toBe(`by ${winners[0]}`)
    expect(await named(name)).toHaveLength(1)
  }
})

test('two that wrote by peers which had not told each other yet are told with their next change, and both roots are pinned', { timeout: 120_000 }, async () => {
  await using one = await gateway('apart')
  await one.call('vfs_write', { path: '/team/f', content: 'before' })
  await expect.poll(() => named('apart', 1), { timeout: 30_000 }).toHaveLength(1)
  await using two = await gateway('apart', 1)
  await Promise.all([one, two].map((each, i) => each.call('vfs_write', { path: '/team/f', content: `by ${i}` })))
  const both = async (): Promise<boolean> => JSON.stringify(await named('apart')) === JSON.stringify(await named('apart', 1))
  await expect.poll(both, { timeout: 30_000 }).toBe(true)
  const again = await Promise.all([one, two].map((each, i) => each.call('vfs_write', { path: '/team/g', content: `by ${i}` })))
  expect(again.filter(({ ok }) => ok).length).toBeLessThan(2)
  const loser = again.find(({ ok }) => !ok)
  expect(loser?.result).toMatchObject({ error_code: 'CONFLICT', context: { roots: expect.anything() } })
  const { roots = [] } = (loser?.result['context'] ?? {}) as { readonly roots?: readonly string[] }
  const api = new Cluster({ api: cluster?.api ?? '' })
  expect(roots.length).toBeGreaterThan(1)
  for (const root of roots) expect((await api.pinned(root))?.cid).toBe(root)
})

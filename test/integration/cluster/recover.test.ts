import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { needsCluster, TestCluster } from '../../support/cluster.ts'
import { connect, type ConnectedGateway } from '../../support/gateway.ts'

let cluster: TestCluster | undefined
beforeEach(needsCluster)
beforeAll(async () => {
  const impatient = { CLUSTER_IPFSHTTP_PINTIMEOUT: '2s', CLUSTER_STATESYNCINTERVAL: '1s' }
  cluster = await TestCluster.start(1, impatient).catch(() => undefined)
}, 60_000)
afterAll(() => cluster?.[Symbol.asyncDispose]())

const open = async (): Promise<ConnectedGateway> =>
  connect({ config: { backends: { team: { type: 'cluster', options: { api: cluster?.api ?? '', replication_min: 1, replication_max: 1 } } } } })

/** What the one peer makes of it; none, if it is not pinned. */
const stateOf = (session: ConnectedGateway, cid: string) => async (): Promise<string | undefined> => {
  const { pins = [] } = (await session.call('ipfs_cluster_status', { cid })).result as { pins?: readonly { peers: readonly { status: string }[] }[] }
  return pins[0]?.peers[0]?.status
}

test('a pin of what nobody has fails, and is tried again once somebody has it', { timeout: 60_000 }, async () => {
  await using session = await open()
  const kubo = cluster?.peers[0]?.kubo
  const cid = (await kubo?.run(['add', '-Q', '--only-hash', '--cid-version=1'], 'that nobody has yet')) ?? ''
  expect((await session.call('ipfs_cluster_pin', { cid, name: 'late' })).ok).toBe(true)
  const state = stateOf(session, cid)
  await expect.poll(state, { timeout: 30_000 }).toBe('pin_error')
  expect(await kubo?.run(['add', '-Q', '--pin=false', '--cid-version=1'], 'that nobody has yet')).toBe(cid)
  expect(await state()).toBe('pin_error')
  expect((await session.call('ipfs_cluster_pin', { cid, name: 'late' })).ok).toBe(true)
  await expect.poll(state, { timeout: 20_000 }).toBe('pinned')
})

test('a pin that expires is gone then, and one that does not stays', { timeout: 60_000 }, async () => {
  await using session = await open()
  const kubo = cluster?.peers[0]?.kubo
  const added = async (content: string): Promise<string> => (await kubo?.run(['add', '-Q', '--pin=false', '--cid-version=1'], content)) ?? ''
  const [short, long] = [await added('for a while'), await added('for good')]
  const expire_at = new Date(Date.now() + 3000).toISOString()
  expect((await session.call('ipfs_cluster_pin', { cid: long })).result).toMatchObject({ expire_at: null })
  expect((await session.call('ipfs_cluster_pin', { cid: short, expire_at })).result).toMatchObject({ cid: short, expire_at })
  const listed = async (): Promise<string[]> =>
    ((await session.call('ipfs_cluster_status', {})).result['pins'] as readonly { cid: string }[])
      .map(({ cid }) => cid)
      .filter((cid) => [short, long].includes(cid))
  await expect.poll(listed, { timeout: 30_000 }).toEqual([long])
})

import { beforeEach, expect, test } from 'vitest'
import { needsCluster, TestCluster } from '../../support/cluster.ts'
import { connect } from '../../support/gateway.ts'

beforeEach(needsCluster)

test('a peer dies with its Kubo: content stays readable, and goes to another peer', { timeout: 240_000 }, async () => {
  await using cluster = await TestCluster.start(3)
  const [first] = cluster.peers
  const options = { api: first?.api, name: 'tree', replication_min: 2, replication_max: 2, ipfs_api: first?.kubo.url }
  await using session = await connect({ config: { backends: { team: { type: 'cluster', options } }, mounts: [{ path: '/team', backend: 'team' }] } })
  const call = session.call.bind(session)
  await call('vfs_write', { path: '/team/f', content: 'held by two' })
  const holders = async (): Promise<string[]> => {
    const { result } = await call('ipfs_cluster_status', {})
    const root = (result['pins'] as readonly Pin[]).find(({ name }) => name === 'tree')
    return (root?.peers ?? []).filter(({ status }) => status === 'pinned').map(({ name }) => name)
  }
  await expect.poll(holders, { timeout: 30_000 }).toHaveLength(2)
  const before = await holders()
  const dying = cluster.peers.find(({ name }) => name !== 'peer-0' && before.includes(name))
  if (!dying) throw new Error('nobody but the first peer holds it')
  await cluster.kill(dying)
  const other = cluster.peers.find(({ name }) => !before.includes(name))?.name
  await expect.poll(holders, { timeout: 150_000 }).toContain(other)
  expect((await call('vfs_read', { path: '/team/f', raw: true })).text).toBe('held by two')
  await using afresh = await connect({ config: { backends: { team: { type: 'cluster', options } }, mounts: [{ path: '/team', backend: 'team' }] } })
  expect((await afresh.call('vfs_read', { path: '/team/f', raw: true })).text).toBe('held by two')
  expect((await call('vfs_write', { path: '/team/f', content: 'goes on' })).ok).toBe(true)
})

interface Pin {
  readonly name: string
  readonly peers: readonly { readonly name: string; readonly status: string }[]
}

import { beforeEach, expect, test } from 'vitest'
import { needsCluster, TestCluster } from '../../support/cluster.ts'
import { daemonOf } from '../../support/daemon-of.ts'
import { connect } from '../../support/gateway.ts'

beforeEach(needsCluster)

test.for([
  ['0.39.0', 'is Kubo 0.39.0, which is too old (A person installs Kubo 0.40.0 or newer; 0.43 is tested.)'],
  ['0.99.0', 'Kubo 0.99.0 is not tested with this polymount; 0.43 is'],
] as const)('a Kubo that a tree names (%s) is judged as every one that somebody else runs', { timeout: 120_000 }, async ([version, note]) => {
  using daemon = await daemonOf(version)
  await using peers = await TestCluster.start(1)
  const tree = (kubo: string | undefined) => {
    const options = { api: peers.api, name: 'tree', replication_min: 1, replication_max: 1, ipfs_api: kubo }
    return connect({ config: { backends: { team: { type: 'cluster', options } }, mounts: [{ path: '/team', backend: 'team' }] } })
  }
  {
    await using here = await tree(peers.peers[0]?.kubo.url)
    expect((await here.call('vfs_write', { path: '/team/f', content: 'made elsewhere' })).ok).toBe(true)
    expect((await here.call('vfs_list_mounts')).result['notes']).not.toContainEqual(expect.stringContaining('/team'))
  }
  await using there = await tree(daemon.url)
  expect((await there.call('vfs_read', { path: '/team/f' })).ok).toBe(false)
  expect(daemon.asked.some((command) => command !== 'version')).toBe(version === '0.99.0')
  const notes = (await there.call('vfs_list_mounts')).result['notes'] as string[]
  expect(notes.filter((told) => told.startsWith('/team: ') && told.endsWith(note))).toHaveLength(1)
})

import { beforeEach, expect, test } from 'vitest'
import { needsCluster, TestCluster } from '../../support/cluster.ts'
import { connect } from '../../support/gateway.ts'

beforeEach(needsCluster)

test('a peer that falls silent is told of once in the log, as an event, and in the notes of its mount', { timeout: 120_000 }, async () => {
  await using cluster = await TestCluster.start(2)
  const [first, second] = cluster.peers
  const options = { api: first?.api, name: 'tree', replication_min: 1, replication_max: 1, ipfs_api: first?.kubo.url }
  await using session = await connect({ config: { backends: { team: { type: 'cluster', options } }, mounts: [{ path: '/team', backend: 'team' }] } })
  const told: unknown[] = []
  session.gateway.mcp().events.on('storage', (event) => told.push(event))
  const notes = async () => (await session.call('vfs_list_mounts', {})).result['notes']
  await cluster.kill(second!)
  await expect.poll(notes, { timeout: 60_000 }).toContainEqual(expect.stringContaining(`/team: the peer ${second?.id} had not told its ping in time at `))
  await notes()
  const lines = session.logged.map((line) => JSON.stringify(line)).filter((line) => line.includes(' has not told its ping in time'))
  expect(lines.length).toBeGreaterThan(0)
  expect(told).toContainEqual({
    volume: `cluster:${first?.api}/tree`,
    reason: `the peer ${second?.id} has not told its ping in time`,
    since: expect.any(String),
  })
  expect(lines).toEqual([...new Set(lines)])
  expect((await session.call('vfs_write', { path: '/team/f', content: 'goes on' })).ok).toBe(true)
})

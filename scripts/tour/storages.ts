import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { TestCluster } from '../../test/support/cluster.ts'
import { S3Server } from '../../test/support/s3.ts'
import { findServer } from '../servers/find.ts'
import { CLUSTER, KUBO, VERSITYGW } from '../servers/programs.ts'
import type { Stage } from './stage.ts'
import { treeOf } from './tree.ts'

/** A tree goes from the disk into a bucket, on to a cluster and back to the disk, and all of that is taken back. */
export async function storages(stage: Stage): Promise<void> {
  const { page } = stage
  const missing = await Promise.all([VERSITYGW, CLUSTER, KUBO].map((program) => findServer(program).then(() => undefined, String)))
  const reason = missing.find((one) => one !== undefined)
  if (reason !== undefined) return page.note(`\nSKIPPED: a tree from the disk over S3 and a cluster to the disk: ${reason}`)
  page.step('A bucket of an S3 server, and a cluster of three peers that holds everything twice, are mounted by the configuration')
  await using server = await S3Server.start()
  await using cluster = await TestCluster.start(3)
  await mounting(stage, server, cluster)
  await travelling(stage)
  await stage.start()
}

async function mounting(stage: Stage, server: S3Server, cluster: TestCluster): Promise<void> {
  const { bucket, endpoint, credentials } = await server.options()
  const [first] = cluster.peers
  const keys = { access_key_id: 'env:S3_ID', secret_access_key: 'env:S3_KEY' }
  const team = { api: cluster.api, replication_min: 2, replication_max: 2, ipfs_api: first?.kubo.url }
  const config = {
    backends: { bucket: { type: 's3', options: { bucket, endpoint, ...keys } }, team: { type: 'cluster', options: team } },
    mounts: ['bucket', 'team'].map((name) => ({ path: `/${name}`, backend: name })),
  }
  const file = join(stage.home, 'tour.json')
  await writeFile(file, JSON.stringify(config))
  const agent = await stage.start(['--config', file], { S3_ID: credentials?.accessKeyId ?? '', S3_KEY: credentials?.secretAccessKey ?? '' })
  const { result } = await agent.quietly('vfs_list_mounts', {})
  for (const { path, cas, health } of result['mounts'] as readonly Readonly<Record<string, unknown>>[])
    if (path === '/bucket' || path === '/team') stage.page.note(`${path} · cas ${String(cas)} · ${String(health)}`)
}

async function travelling({ page, agent, project }: Stage): Promise<void> {
  const before = await treeOf(project)
  const home = join(project, 'v4', 'mini')
  page.step('A folder moves: disk → S3 → cluster → disk, each time read back before its source goes')
  const ways = [home, '/bucket/mini', '/team/mini', join(project, 'moved')]
  const changes: unknown[] = []
  for (const [at, from] of ways.slice(0, -1).entries()) {
    const moved = await agent.call('vfs_move', { from, to: ways[at + 1] }, 1)
    assert.ok(moved.ok, moved.text)
    changes.unshift(moved.result['change'])
  }
  const held = await agent.call('ipfs_cluster_status', { limit: 1 }, 1)
  assert.ok(held.ok)
  page.step('All three moves are taken back')
  for (const change of changes) assert.ok((await agent.call('vfs_undo', { change }, 1)).ok)
  assert.deepEqual(await treeOf(project), before)
  page.note(`all ${before.size} files are as they were`)
}

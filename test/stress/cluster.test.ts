import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { beforeEach, expect, test } from 'vitest'
import { needsCluster, TestCluster } from '../support/cluster.ts'
import { noise } from '../support/content.ts'
import { peakDuring } from '../support/memory-of.ts'
import { emptyPlace, host } from '../support/program.ts'
import { requires } from '../support/requires.ts'

const MIB = 2 ** 20
/** Above 174 MiB the cluster's own importer would make another tree of it. */
const LARGE = 300 * MIB
const MOST = 300 * MIB

beforeEach(requires('/proc', () => process.platform === 'linux'))
beforeEach(needsCluster)

async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  return hash.digest('hex')
}

test('300 MiB go as one CAR to two of three peers within 300 MiB of memory, and another data folder reads them back', async () => {
  await using cluster = await TestCluster.start(3)
  await using place = await emptyPlace()
  await using other = await emptyPlace()
  const [first, , third] = cluster.peers
  const serving = async (at: typeof place, ipfs_api: string | undefined) => {
    const options = { api: first?.api, name: 'large', replication_min: 2, replication_max: 2, ipfs_api }
    const settings = { backends: { team: { type: 'cluster', options } }, mounts: [{ path: '/team', backend: 'team' }], ipfs: { network: 'off' } }
    await writeFile(join(at.home, 'polymount.json'), JSON.stringify(settings))
    const agent = await host(at, [at.work, '--toolsets', 'all', '--config', join(at.home, 'polymount.json')])
    const call = async (name: string, args: Record<string, unknown>): Promise<void> => {
      const { isError, content } = await agent.client.callTool({ name, arguments: args }, { timeout: 500_000 })
      expect(isError, JSON.stringify(content)).not.toBe(true)
    }
    return { pid: agent.pid, call, [Symbol.asyncDispose]: () => agent.client.close() }
  }
  const source = join(place.work, 'source')
  await writeFile(source, noise(LARGE))
  await using writer = await serving(place, first?.kubo.url)
  expect(await peakDuring(writer.pid, () => writer.call('vfs_copy', { from: source, to: '/team/f' }))).toBeLessThan(MOST)
  await using reader = await serving(other, third?.kubo.url)
  const copy = join(other.work, 'copy')
  expect(await peakDuring(reader.pid, () => reader.call('vfs_copy', { from: '/team/f', to: copy }))).toBeLessThan(MOST)
  expect(await hashOf(copy)).toBe(await hashOf(source))
}, 1_000_000)

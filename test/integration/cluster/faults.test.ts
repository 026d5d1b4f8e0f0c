import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { bytesOf } from '../../../src/core/bytes.ts'
import { ROOT, vfsPath as p } from '../../../src/core/path.ts'
import { codeOf, content } from '../../contract/support.ts'
import { clusterAlone } from '../../support/cluster-alone.ts'
import { needsCluster, TestCluster } from '../../support/cluster.ts'
import { noise, temporaryFolder } from '../../support/content.ts'
import { FaultProxy } from '../../support/fault-proxy.ts'

let cluster: TestCluster
beforeEach(needsCluster)
beforeAll(async () => void (cluster = await TestCluster.start(1)), 60_000)
afterAll(() => cluster[Symbol.asyncDispose]())

const FAILED = ['UNAVAILABLE', 'TIMEOUT', 'OUTCOME_UNKNOWN']

test(
  'connections that are cut anywhere: a change took place or did not, and whoever opens the tree again finds what was told',
  { timeout: 120_000 },
  async () => {
    await using ground = await temporaryFolder()
    await using proxy = await FaultProxy.start(cluster.api)
    proxy.cutting = true
    const reached = { api: proxy.endpoint, peers: cluster.peers }
    const bytes = await content(noise(6 << 20))
    const told = new Map<string, string>()
    {
      await using backend = await clusterAlone(reached, { name: 'cut', folder: ground.path })
      for (let i = 0; i < 8; i++) told.set(`new${i}`, await codeOf(backend.write(p(`/new${i}`), bytesOf(Buffer.concat([bytes, Buffer.from([i])])))))
    }
    expect(proxy.cuts).toBeGreaterThan(1)
    for (const code of told.values()) expect(['none', ...FAILED]).toContain(code)
    proxy.cutting = false
    await using again = await clusterAlone(reached, { name: 'cut', folder: ground.path })
    const there = (await Array.fromAsync(again.list(ROOT))).map(({ name }) => name)
    for (const [name, code] of told) expect([name, there.includes(name) || code !== 'none']).toEqual([name, true])
    for (const name of there) expect((await content(again.read(p(`/${name}`)))).subarray(0, -1).equals(bytes)).toBe(true)
  },
)

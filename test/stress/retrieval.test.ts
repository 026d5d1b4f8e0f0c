import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { beforeEach, describe, expect, test } from 'vitest'
import { findServer } from '../../scripts/servers/find.ts'
import { noise } from '../support/content.ts'
import { needsKubo } from '../support/kubo.ts'
import { LASSIE, needsLassie } from '../support/lassie.ts'
import { peakDuring } from '../support/memory-of.ts'
import { emptyPlace, host } from '../support/program.ts'
import { requires } from '../support/requires.ts'
import { ALONE, type Trustless, trustless } from '../support/trustless.ts'

const MIB = 2 ** 20
const SMALL = 200 * MIB
const LARGE = 800 * MIB
/** Blocks that are fetched ahead and wait for the collector, so memory swings; that must not be more for more. */
const GROWTH = 60 * MIB

beforeEach(requires('/proc', () => process.platform === 'linux'))
beforeEach(needsKubo)

interface Way {
  readonly name: string
  readonly to: string
  readonly daemon?: boolean
  readonly provider: (from: Trustless) => string
}

const WAYS: readonly Way[] = [
  { name: 'a CAR by a gateway', to: 'got.car', provider: ({ gateway }) => gateway },
  { name: 'a file by a gateway', to: 'got', provider: ({ gateway }) => gateway },
  { name: 'a file by a peer', to: 'got', provider: ({ daemon }) => daemon.addresses[0] ?? '' },
  { name: 'a file by lassie', to: 'got', daemon: true, provider: ({ gateway }) => gateway },
]

describe.each(WAYS)('$name', ({ to, daemon = false, provider }) => {
  if (daemon) beforeEach(needsLassie)

  test('memory does not grow with what is fetched: 800 MiB as 200 MiB', async () => {
    await using place = await emptyPlace()
    await using from = await trustless()
    const config = join(place.home, 'polymount.json')
    await writeFile(config, JSON.stringify({ ...ALONE, lassie: { ...ALONE.lassie, daemon } }))
    const env = daemon ? { LASSIE_BINARY: await findServer(LASSIE) } : {}
    const peakFor = async (size: number): Promise<number> => {
      const cid = await added(from, place.home, size)
      await using agent = await host(place, [place.work, '--toolsets', 'all', '--config', config], { env })
      const args = { cid, to: join(place.work, to), providers: [provider(from)], timeout_ms: 600_000 }
      const peak = await peakDuring(agent.pid, async () => {
        const { structuredContent } = await agent.client.callTool({ name: 'lassie_fetch_with_providers', arguments: args }, { timeout: 600_000 })
        expect(structuredContent).toMatchObject({ status: 'success', blocks: size / MIB + 1 })
      })
      expect((await stat(join(place.work, to))).size).toBeGreaterThanOrEqual(size)
      await rm(join(place.work, to))
      return peak
    }
    const small = await peakFor(SMALL)
    const large = await peakFor(LARGE)
    expect(large - small).toBeLessThan(GROWTH)
  }, 900_000)
})

async function added({ daemon }: Trustless, folder: string, size: number): Promise<string> {
  const path = join(folder, 'source')
  const file = createWriteStream(path)
  await pipeline(noise(size, size / MIB, MIB), file)
  if (!file.closed) await once(file, 'close')
  const cid = await daemon.run(['add', '-Q', path])
  await rm(path)
  return cid
}

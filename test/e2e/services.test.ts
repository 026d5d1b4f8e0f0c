import { beforeEach, expect, test } from 'vitest'
import { findKubo } from '../../scripts/servers/find.ts'
import type { ServiceStatus } from '../../src/services/types.ts'
import { needsKubo } from '../support/kubo.ts'
import { emptyPlace, type Host, host, type Place, run } from '../support/program.ts'
import { isRunning } from '../support/services.ts'

beforeEach(needsKubo)

const env = async (): Promise<Record<string, string>> => ({ KUBO_BINARY: await findKubo(), POLYMOUNT_IPFS_ENGINE: 'kubo', POLYMOUNT_IPFS_NETWORK: 'off' })

const start = async (place: Place): Promise<Host> => host(place, ['serve', place.work, '--toolsets', 'all'], { env: await env() })

async function kubo(place: Place): Promise<ServiceStatus> {
  const { stdout } = await run(place, ['services', '--json'], { env: await env() })
  const status = (JSON.parse(stdout) as ServiceStatus[]).find(({ name }) => name === 'kubo')
  if (!status) throw new Error('kubo is not listed')
  return status
}

test('kill -9 of polymount: its daemon is taken over by the next one, which has what was added, and ends it', async () => {
  await using place = await emptyPlace()
  const first = await start(place)
  const { cid } = (await first.call('ipfs_add', { content: 'outlives its gateway' })).result
  const { pid } = await kubo(place)
  process.kill(first.pid, 'SIGKILL')
  await expect.poll(() => kubo(place), { timeout: 20_000 }).toMatchObject({ pid, supervisor: null })
  expect(await isRunning(pid ?? 0)).toBe(true)
  {
    await using second = await start(place)
    expect((await second.call('ipfs_cat', { cid })).text).toContain('outlives its gateway')
    expect(await kubo(place)).toMatchObject({ pid, state: 'ready', supervisor: expect.any(Number) })
  }
  await expect.poll(() => isRunning(pid ?? 0), { timeout: 20_000 }).toBe(false)
})

test('two of them share one daemon, and the second takes over when the first is killed', async () => {
  await using place = await emptyPlace()
  const first = await start(place)
  await using second = await start(place)
  const one = (await first.call('ipfs_id')).result['peer']
  expect((await second.call('ipfs_id')).result['peer']).toBe(one)
  const before = await kubo(place)
  process.kill(first.pid, 'SIGKILL')
  await expect.poll(() => kubo(place), { timeout: 20_000 }).toMatchObject({ pid: before.pid, state: 'ready', supervisor: expect.any(Number) })
  expect((await kubo(place)).supervisor).not.toBe(before.supervisor)
  expect((await second.call('ipfs_id')).result['peer']).toBe(one)
})

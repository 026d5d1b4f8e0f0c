import { beforeEach, describe, expect, test } from 'vitest'
import { findKubo } from '../../../scripts/servers/find.ts'
import { Store } from '../../../src/services/store.ts'
import { connect, type ConnectedGateway } from '../../support/gateway.ts'
import { runHere } from '../../support/io.ts'
import { needsKubo } from '../../support/kubo.ts'
import { emptyPlace } from '../../support/program.ts'

beforeEach(needsKubo)

const onKubo = async (): Promise<ConnectedGateway> => connect({ config: { ipfs: { engine: 'kubo', network: 'off', kubo: { binary: await findKubo() } } } })

async function pidOf({ gateway }: ConnectedGateway): Promise<number> {
  await using store = await Store.open(gateway.config.data_dir, [])
  return store.row('kubo').pid ?? 0
}

async function services({ gateway }: ConnectedGateway, ...args: string[]): Promise<string> {
  await using place = await emptyPlace()
  return (await runHere(place, ['services', ...args, '--data-dir', gateway.config.data_dir])).stdout
}

describe('kill -9 of the daemon under load', () => {
  test('loses nothing that was acknowledged, and what was under way may be repeated', async () => {
    await using client = await onKubo()
    expect((await client.call('vfs_mkdir', { path: '/mfs/load' })).ok).toBe(true)
    const acknowledged: { readonly path: string; readonly content: string }[] = []
    const refused: unknown[] = []
    const write = async (worker: number, n: number): Promise<void> => {
      const [path, content] = [`/mfs/load/${worker}-${n}`, `written by ${worker} as ${n}`]
      const answer = await client.call('vfs_write', { path, content })
      if (answer.ok) acknowledged.push({ path, content })
      else refused.push(answer.result)
    }
    const load = async (worker: number): Promise<void> => {
      for (let n = 0; refused.length === 0; n++) {
        await write(worker, n)
        if (worker === 0 && n === 5) process.kill(await pidOf(client), 'SIGKILL')
      }
    }
    await Promise.all([load(0), load(1), load(2), load(3)])
    for (const each of refused) expect(each).toMatchObject({ context: { retryable: true } })
    await expect.poll(async () => (await client.call('ipfs_id')).ok, { timeout: 20_000 }).toBe(true)
    for (const { path, content } of acknowledged) expect((await client.call('vfs_read', { path, raw: true })).text, path).toBe(content)
    expect(acknowledged.length).toBeGreaterThan(5)
    expect(client.logged).toEqual([
      ['kubo: restarting', expect.stringContaining('SIGKILL')],
      ['kubo: ready', 'it was restarting'],
    ])
  })
})

test('what was removed or moved stays so, if the daemon is killed right after its answer', async () => {
  await using client = await onKubo()
  const names = async (): Promise<unknown> => ((await client.call('vfs_ls', { path: '/mfs' })).result['entries'] as { name: string }[]).map(({ name }) => name)
  for (const name of ['a', 'b', 'c']) await client.call('vfs_write', { path: `/mfs/${name}`, content: name })
  const steps: readonly (readonly [string, Record<string, unknown>, readonly string[]])[] = [
    ['vfs_remove', { path: '/mfs/a' }, ['b', 'c']],
    ['vfs_move', { from: '/mfs/b', to: '/mfs/d' }, ['c', 'd']],
    ['vfs_mkdir', { path: '/mfs/e' }, ['c', 'd', 'e']],
  ]
  for (const [tool, args, left] of steps) {
    expect((await client.call(tool, args)).ok, tool).toBe(true)
    process.kill(await pidOf(client), 'SIGKILL')
    await expect.poll(async () => (await client.call('ipfs_id')).ok, { timeout: 20_000 }).toBe(true)
    expect(await names(), tool).toEqual(left)
  }
})

describe('while the daemon is down', () => {
  test('the tools of IPFS say at once what happens next; files are served as ever', async () => {
    await using client = await onKubo()
    expect((await client.call('ipfs_id')).ok).toBe(true)
    await services(client, 'stop', 'kubo')
    const answer = await client.call('ipfs_add', { content: 'x' })
    expect(answer).toMatchObject({ ok: false, result: { error_code: 'SERVICE_UNAVAILABLE', context: { retryable: false } } })
    expect(answer.text).toContain('polymount services start kubo')
    expect((await client.call('vfs_list_mounts')).result['notes']).toEqual([expect.stringContaining('stopped by a person')])
    expect((await client.call('vfs_write', { path: '/local/x', content: 'x' })).ok).toBe(true)
    await services(client, 'start', 'kubo')
    expect((await client.call('ipfs_add', { content: 'x' })).ok).toBe(true)
  })
})

test('a daemon that cannot be started is replaced only if the configuration says so, and that is told', async () => {
  const kubo = { engine: 'kubo', network: 'off', kubo: { binary: '/nonexistent/ipfs' } }
  await using alone = await connect({ config: { ipfs: kubo } })
  expect((await alone.call('ipfs_add', { content: 'x' })).result).toMatchObject({ error_code: 'SERVICE_UNAVAILABLE' })
  await using replaced = await connect({ config: { ipfs: { ...kubo, fallback: 'embedded' } } })
  expect((await replaced.call('ipfs_version')).result).toMatchObject({ engine: 'embedded', notes: [expect.stringContaining('Kubo could not be started')] })
  expect(replaced.logged).toMatchObject([
    ['kubo: failed', expect.any(String)],
    [expect.stringContaining('Kubo cannot be used'), expect.anything()],
  ])
})

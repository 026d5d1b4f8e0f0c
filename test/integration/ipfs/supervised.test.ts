import { setImmediate as turn } from 'node:timers/promises'
import { beforeEach, describe, expect, test } from 'vitest'
import { findKubo } from '../../../scripts/servers/find.ts'
import { Store } from '../../../src/services/store.ts'
import { noise } from '../../support/content.ts'
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

/** Of each kind of work one after the other, until one is refused. What was acknowledged is told with its CID. */
class Load {
  readonly acknowledged: { readonly kind: string; readonly cid: unknown }[]
  readonly refused: { readonly kind: string; readonly result: unknown }[] = []
  readonly #client: ConnectedGateway
  readonly #round: number

  constructor(client: ConnectedGateway, round: number, first: unknown) {
    this.acknowledged = [{ kind: 'first', cid: first }]
    this.#client = client
    this.#round = round
  }

  /** Resolves when every kind has been refused, or has seen that another one was. */
  async run(): Promise<void> {
    const { work } = this.#client
    const last = (): unknown => this.acknowledged.at(-1)?.cid
    await Promise.all([
      this.#each('add', 'ipfs_add', (n) => ({ content: `added ${this.#round} ${n}` })),
      this.#each('large', 'ipfs_add', (n) => ({ from: `${work}/large`, wrap_with_directory: true, name: `large ${this.#round} ${n}` })),
      this.#each('sync', 'vfs_sync_to_ipfs', () => ({ path: `${work}/tree` })),
      this.#each('files', 'ipfs_files_write', (n) => ({ path: `/load/${this.#round}-${n}`, parents: true, content: `written ${this.#round} ${n}` })),
      this.#each('read', 'ipfs_refs', () => ({ cid: last(), recursive: true })),
    ])
  }

  async #each(kind: string, tool: string, args: (n: number) => Record<string, unknown>): Promise<void> {
    for (let n = 0; this.refused.length === 0; n++) {
      await turn() // a client in this process could else keep it from all that comes from outside
      const { ok, result } = await this.#client.call(tool, args(n))
      if (!ok) this.refused.push({ kind, result })
      else if (kind !== 'read') this.acknowledged.push({ kind, cid: result['cid'] })
    }
  }
}

test('kill -9 of the daemon under load of every kind: what was acknowledged is there, whole and pinned, and what was under way may be repeated', async () => {
  const tree = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`tree/f${i}`, `file ${i}`]))
  await using client = await connect({
    files: { ...tree, large: Buffer.concat(await Array.fromAsync(noise(12 << 20))) },
    config: { ipfs: { engine: 'kubo', network: 'off', kubo: { binary: await findKubo() } } },
  })
  const { cid: first } = (await client.call('ipfs_add', { content: 'first' })).result
  for (const round of [0, 1]) {
    const load = new Load(client, round, first)
    const running = load.run()
    const kinds = (): Set<string> => new Set(load.acknowledged.map(({ kind }) => kind))
    await expect.poll(() => kinds().size, { timeout: 30_000 }).toBe(5)
    const before = client.logged.length
    process.kill(await pidOf(client), 'SIGKILL')
    await running
    expect(load.refused.length).toBeGreaterThan(0)
    for (const { kind, result } of load.refused) expect(result, kind).toMatchObject({ error_code: 'SERVICE_UNAVAILABLE', context: { retryable: true } })
    // The supervisor says when it serves again, by the first attempts; a busy machine may have found it slow before.
    const told = (): readonly unknown[] => client.logged.slice(before)
    await expect.poll(() => told().at(-1), { timeout: 30_000 }).toEqual(['kubo: ready', expect.any(String)])
    expect(told()).toContainEqual(['kubo: restarting', expect.stringContaining('SIGKILL')])
    expect(told()).not.toContainEqual(['kubo: failed', expect.anything()])
    for (const { kind, cid } of load.acknowledged) {
      expect((await client.call('ipfs_refs', { cid, recursive: true, limit: 1000 })).ok, `${kind} ${String(cid)}`).toBe(true)
      const pinned = { ok: true, result: { pins: expect.arrayContaining([expect.objectContaining({ type: 'recursive' })]) } }
      expect(await client.call('ipfs_pin_ls', { cid }), kind).toMatchObject(kind === 'files' ? {} : pinned)
    }
    const { entries } = (await client.call('ipfs_files_ls', { path: '/load', long: true })).result as { readonly entries: readonly { readonly cid: string }[] }
    const named = new Set(entries.map(({ cid }) => cid))
    for (const { kind, cid } of load.acknowledged) expect(kind !== 'files' || named.has(String(cid)), String(cid)).toBe(true)
  }
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

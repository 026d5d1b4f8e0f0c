import { beforeEach, describe, expect, test } from 'vitest'
import { findKubo } from '../../../scripts/servers/find.ts'
import { connect, type ConnectedGateway, type TestGatewayOptions } from '../../support/gateway.ts'
import { KuboDaemon, needsKubo } from '../../support/kubo.ts'

/** A gateway whose Kubo is started by itself. */
const supervised = async (options: TestGatewayOptions = {}): Promise<ConnectedGateway> =>
  connect({ ...options, env: { ...process.env, KUBO_BINARY: await findKubo() }, config: { ipfs: { engine: 'kubo', network: 'off' } } })

/** The same gateway on both engines. */
async function onBoth(run: (client: ConnectedGateway) => Promise<unknown>): Promise<[unknown, unknown]> {
  await using embedded = await connect({ files: TREE })
  await using kubo = await supervised({ files: TREE })
  const results = [await run(embedded), await run(kubo)] as const
  expect([embedded.logged, kubo.logged]).toEqual([[], []])
  return [...results]
}

const TREE = { 'notes/today.md': 'one\n', 'notes/sub/a b.txt': 'two', 'big.bin': Buffer.alloc(2_500_000, 'x'), 'é ?#%.txt': '' }

const NOBODY = 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy'

beforeEach(needsKubo)

describe('an agent cannot tell the engines apart', () => {
  test('a folder has one CID, its listing is the same, and so are its bytes', async () => {
    const [embedded, kubo] = await onBoth(async (client) => {
      const { result } = await client.call('ipfs_add', { from: client.work })
      const listed = await client.call('ipfs_ls', { cid: result['cid'] })
      const text = await client.call('vfs_read', { path: `/ipfs/${String(result['cid'])}/notes/today.md` })
      const bytes = await client.call('ipfs_cat', { cid: `${String(result['cid'])}/big.bin`, offset: 1_048_570, length: 12 })
      return [result['cid'], listed.result, text.text, bytes.result]
    })
    expect(kubo).toEqual(embedded)
  })

  test('the mutable tree is changed and taken back with the same roots', async () => {
    const [embedded, kubo] = await onBoth(async (client) => {
      await client.call('vfs_mkdir', { path: '/mfs/d' })
      await client.call('vfs_copy', { from: `${client.work}/notes`, to: '/mfs/d/notes', recursive: true })
      await client.call('vfs_move', { from: '/mfs/d/notes/sub', to: '/mfs/d/moved' })
      const before = (await client.call('vfs_stat', { path: '/mfs/d' })).result['cid']
      const { result } = await client.call('vfs_remove', { path: '/mfs/d', recursive: true })
      const gone = (await client.call('vfs_stat', { path: '/mfs/d' })).result['error_code']
      const undone = await client.call('vfs_undo', { change: result['change'] })
      return [before, gone, undone.ok, (await client.call('vfs_stat', { path: '/mfs/d' })).result['cid']]
    })
    expect(kubo).toEqual(embedded)
    expect(kubo).toMatchObject([expect.stringMatching(/^bafy/), 'NOT_FOUND', true, (kubo as unknown[])[0]])
  })

  test('what is refused is refused alike', async () => {
    const [embedded, kubo] = await onBoth(async (client) => {
      const codes = []
      for (const cid of [NOBODY, 'hello', '/ipfs/', `${NOBODY}/x`]) codes.push((await client.call('ipfs_cat', { cid })).result['error_code'])
      for (const path of ['/mfs/none', '/ipfs/none', `/ipfs/${NOBODY}`]) codes.push((await client.call('vfs_stat', { path })).result['error_code'])
      return codes
    })
    expect(kubo).toEqual(embedded)
    expect(kubo).toEqual(['OFFLINE', 'INVALID_CID', 'INVALID_CID', 'OFFLINE', 'NOT_FOUND', 'NOT_FOUND', 'OFFLINE'])
  })

  test('ipfs_version tells which one it is', async () => {
    const [embedded, kubo] = await onBoth(async (client) => (await client.call('ipfs_version')).result)
    expect([embedded, kubo]).toMatchObject([
      { engine: 'embedded', network: 'off' },
      { engine: 'kubo', version: '0.43.1', network: 'off' },
    ])
  })
})

test('a change of one engine is not taken back in the tree of the other', async () => {
  await using daemon = await KuboDaemon.start({ flags: ['--offline'] })
  await using kubo = await connect({ config: { ipfs: { engine: daemon.url, network: 'off' } } })
  const written = await kubo.call('vfs_write', { path: '/mfs/f', content: 'on Kubo' })
  await using embedded = await connect({ config: { data_dir: kubo.gateway.config.data_dir } })
  expect((await embedded.call('vfs_undo', { change: written.result['change'] })).result).toMatchObject({ error_code: 'VOLUME_CHANGED' })
})

test('where Kubo cannot be started, the tools say why; the node in this process serves only if a person wants that', async () => {
  const config = { ipfs: { engine: 'kubo', network: 'off', kubo: { binary: '/nowhere/ipfs' } } }
  await using none = await connect({ config })
  expect((await none.call('ipfs_add', { content: 'x' })).result).toMatchObject({ error_code: 'SERVICE_UNAVAILABLE' })
  expect((await none.call('vfs_ls', { path: none.work })).ok).toBe(true)
  await using fallback = await connect({ config: { ipfs: { ...config.ipfs, fallback: 'embedded' } } })
  expect((await fallback.call('ipfs_version')).result).toMatchObject({ engine: 'embedded' })
  expect(fallback.logged).toMatchObject([
    ['kubo: failed', expect.any(String)],
    [expect.stringContaining('Kubo cannot be used'), expect.anything()],
  ])
})

test('where nothing answers, the tools say so at once', async () => {
  await using client = await connect({ config: { ipfs: { engine: 'http://127.0.0.1:9', network: 'off' } } })
  for (const [tool, args] of [
    ['ipfs_id', {}],
    ['ipfs_add', { content: 'x' }],
    ['ipfs_cat', { cid: NOBODY }],
    ['vfs_write', { path: '/mfs/x', content: 'x' }],
  ] as const)
    expect((await client.call(tool, args)).result, tool).toMatchObject({ error_code: 'SERVICE_UNAVAILABLE' })
})

import { hash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { connect, type ConnectedGateway, type TestGatewayOptions } from '../../support/gateway.ts'
import { noise } from '../../support/content.ts'
import { KuboDaemon, needsKubo } from '../../support/kubo.ts'
import { lyingGateway } from '../../support/lying-gateway.ts'
import { ALONE, type Trustless, trustless } from '../../support/trustless.ts'

beforeEach(needsKubo)

let provider: Trustless
let root = ''
let big: Buffer

beforeAll(async () => {
  provider = await trustless()
  big = Buffer.concat(await Array.fromAsync(noise(3_500_000)))
  await using source = await connect({ files: { 'd/big': big, 'd/again': big, 'd/sub/a': 'one', 'd/sub/empty': '' } })
  root = await provider.daemon.run(['add', '-rQ', join(source.work, 'd')])
})
afterAll(() => provider?.[Symbol.asyncDispose]())

const names = async (folder: string): Promise<string[]> => (await readdir(folder, { recursive: true })).toSorted()

/** Each way to ask the one provider. */
const ways = (): readonly string[] => [provider.gateway, provider.daemon.addresses[0] ?? '', `/ip4/127.0.0.1/tcp/${new URL(provider.gateway).port}/http`]

const fetched = (session: ConnectedGateway, args: Readonly<Record<string, unknown>>) =>
  session.call('lassie_fetch_with_providers', { cid: root, to: `${session.work}/got`, providers: [provider.gateway], ...args })

describe.each(['embedded', 'kubo'])('lassie_fetch_with_providers, the engine %s', (engine) => {
  let own: KuboDaemon | undefined
  beforeAll(async () => {
    if (engine === 'kubo') own = await KuboDaemon.start()
  })
  afterAll(() => own?.[Symbol.asyncDispose]())

  const open = (options: TestGatewayOptions = {}): Promise<ConnectedGateway> =>
    connect({ ...options, config: { ...ALONE, ipfs: { ...ALONE.ipfs, ...(own && { engine: own.url }) } } })

  test('writes a folder by a gateway, a peer and a multiaddress of a gateway, each as one change that can be undone', async () => {
    await using session = await open()
    for (const [at, address] of ways().entries()) {
      const to = `${session.work}/got${at}`
      const { result } = await fetched(session, { to, providers: [address] })
      expect(result).toMatchObject({ status: 'success', cid: root, path: to, entries: 5, bytes: 7_000_003, blocks: 9, change: expect.any(String) })
      expect(await names(to)).toEqual(['again', 'big', 'sub', 'sub/a', 'sub/empty'])
      expect((await readFile(`${to}/again`)).equals(big)).toBe(true)
      await session.call('vfs_undo', { change: result['change'] })
      expect(await names(session.work)).toEqual([])
    }
  })

  test('writes the CAR that a gateway would give, and the blocks are from whom it says', async () => {
    await using session = await open()
    const whole = await provider.car(root)
    for (const [at, address] of ways().entries()) {
      const to = `${session.work}/got${at}.car`
      const { result } = await fetched(session, { to, providers: [address] })
      expect((await readFile(to)).equals(whole)).toBe(true)
      const sent = [
        { provider: address, blocks: 8, bytes: expect.any(Number) },
        { provider: 'local', blocks: 1, bytes: 0 },
      ]
      expect(result).toMatchObject({ cid: root, bytes: whole.length, blocks: 9, ...(!own && { providers: sent }) }) // a Kubo keeps what it fetched
    }
  })

  test('says who was not there, and what nobody has', async () => {
    await using session = await open()
    const nowhere = '/ip4/127.0.0.1/tcp/9/p2p/12D3KooWBtbnoRoU1nHmjjMigcjZMTthu2i4QfA8UxDRU4Mia2nB'
    const missing = 'bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e'
    expect((await fetched(session, { cid: missing, providers: [nowhere] })).result).toMatchObject({ error_code: 'NO_PEERS' })
    const peers = provider.daemon.addresses.slice(0, 1)
    expect((await fetched(session, { cid: missing, providers: peers, timeout_ms: 3000 })).result).toMatchObject({ error_code: 'CONTENT_NOT_FOUND_IN_TIME' })
  })

  test('writes a part of a file, by path', async () => {
    await using session = await open()
    const { result } = await fetched(session, { cid: `/ipfs/${root}/big`, offset: 1_048_570, length: 12 })
    expect(result).toMatchObject({ bytes: 12, blocks: 4, entries: 0 })
    expect((await readFile(`${session.work}/got`)).equals(big.subarray(1_048_570, 1_048_582))).toBe(true)
    await fetched(session, { cid: `${root}/big`, offset: 3_000_000, to: `${session.work}/end` })
    expect((await readFile(`${session.work}/end`)).equals(big.subarray(3_000_000))).toBe(true)
  })
})

describe('lassie_fetch', () => {
  test('finds who has it: here, the peers of the node', async () => {
    const peering = { ...ALONE.ipfs.peering, peers: provider.daemon.addresses }
    await using session = await connect({ config: { ipfs: { ...ALONE.ipfs, peering } } })
    const { result } = await session.call('lassie_fetch', { cid: `${root}/sub`, to: `${session.work}/sub` })
    expect(result).toMatchObject({ status: 'success', entries: 2, blocks: 4, bytes: 3 })
    expect(await readFile(`${session.work}/sub/a`, 'utf8')).toBe('one')
  })

  test('needs no network for what is here', async () => {
    await using session = await connect({ files: { 'd/a': 'one' } })
    const { cid } = (await session.call('ipfs_add', { from: `${session.work}/d` })).result
    const { result } = await session.call('lassie_fetch', { cid, to: `${session.work}/copy` })
    expect(result).toMatchObject({ status: 'success', providers: [{ provider: 'local', blocks: 2 }] })
    expect((await session.call('lassie_fetch', { cid: root, to: `${session.work}/no` })).result).toMatchObject({ error_code: 'OFFLINE' })
    expect(await names(session.work)).toEqual(['copy', 'copy/a', 'd', 'd/a'])
  })
})

describe('what is refused', () => {
  const NOBODY = 'http://127.0.0.1:9'

  test.each([
    ['a folder as a file', { scope: 'entity' }, 'INVALID_ARGUMENT'],
    ['blocks as files', { scope: 'block' }, 'INVALID_ARGUMENT'],
    ['a part of all', { scope: 'all', offset: 1 }, 'INVALID_ARGUMENT'],
    ['a part of a folder', { offset: 1 }, 'INVALID_ARGUMENT'],
    ['a path that leads nowhere', { cid: 'sub/none' }, 'NOT_FOUND'],
    ['a path through a file', { cid: 'big/none' }, 'NOT_DIRECTORY'],
    ['what is no CID', { cid: '/ipfs/nonsense' }, 'INVALID_CID'],
    ['what is no provider', { providers: ['nonsense'] }, 'INVALID_ARGUMENT'],
    ['a provider that is not there', { providers: [NOBODY] }, 'NO_PEERS'],
    ['a peer that is not there', { providers: ['/ip4/127.0.0.1/tcp/9/p2p/12D3KooWBtbnoRoU1nHmjjMigcjZMTthu2i4QfA8UxDRU4Mia2nB'] }, 'NO_PEERS'],
    ['what the provider has not', { cid: 'bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e' }, 'CONTENT_NOT_FOUND_IN_TIME'],
    ['too little time', { timeout_ms: 1 }, 'CONTENT_NOT_FOUND_IN_TIME'],
  ])('%s', async (_, args: Readonly<Record<string, unknown>>, code) => {
    await using session = await connect({ config: ALONE })
    const cid = typeof args['cid'] === 'string' && !/^(\/|bafk)/.test(args['cid']) ? `${root}/${args['cid']}` : (args['cid'] ?? root)
    const { result } = await fetched(session, { ...args, cid })
    expect(result).toMatchObject({ error_code: code, context: { hint: expect.any(String) } })
    expect(await names(session.work)).toEqual([])
    expect(session.logged).toEqual([])
  })

  test('a place where something stands, before anything is fetched', async () => {
    await using session = await connect({ config: ALONE, files: { got: 'mine', 'got.car': 'mine' } })
    for (const name of ['got', 'got.car']) {
      expect((await fetched(session, { to: `${session.work}/${name}`, providers: [NOBODY] })).result).toMatchObject({ error_code: 'ALREADY_EXISTS' })
      expect(await readFile(`${session.work}/${name}`, 'utf8')).toBe('mine')
    }
  })

  test('a place that is read-only or denied', async () => {
    await using session = await connect({ config: { ...ALONE, deny: ['**/secret/**'] } })
    expect((await fetched(session, { to: `${session.work}/secret/got` })).result).toMatchObject({ error_code: 'DENIED' })
    await using readOnly = await connect({ config: ALONE, readOnly: true })
    for (const to of [`${readOnly.work}/got`, `${readOnly.work}/got.car`])
      expect((await fetched(readOnly, { to })).result).toMatchObject({ error_code: 'READ_ONLY' })
  })

  test.each([
    ['a gateway', 0],
    ['a peer', 1],
  ])('%s on this machine, unless a person allows it', async (_, way) => {
    await using session = await connect({ config: { ipfs: ALONE.ipfs } })
    const { result, text } = await fetched(session, { providers: [ways()[way]] })
    expect(result).toMatchObject({ error_code: 'DENIED' })
    expect(text).toContain('lassie.private_addresses')
  })

  test('everything off the network', async () => {
    await using session = await connect({ config: { ...ALONE, ipfs: { network: 'off' } } })
    for (const address of ways()) expect((await fetched(session, { providers: [address] })).result).toMatchObject({ error_code: 'OFFLINE' })
  })
})

test('a provider that lacks something is helped out by the next one', async () => {
  await using second = await trustless()
  await using session = await connect({ config: ALONE, files: { 'd/big': big } })
  await second.daemon.run(['add', '-rQ', join(session.work, 'd')])
  const { result } = await fetched(session, { providers: [second.gateway, 'http://127.0.0.1:9', provider.gateway] })
  expect(result).toMatchObject({ status: 'success', bytes: 7_000_003 })
  expect((result['providers'] as { provider: string }[]).map((one) => one.provider).toSorted()).toEqual([provider.gateway, second.gateway, 'local'].toSorted())
})

test('into any storage, the mutable tree of IPFS and one without folders of its own too, while blocks are collected', async () => {
  await using session = await connect({ config: { ...ALONE, backends: { memory: { type: 'memory' } }, mounts: [{ path: '/memory', backend: 'memory' }] } })
  const over = new AbortController()
  const collecting = (async () => {
    while (!over.signal.aborted) await session.gateway.collect()
  })()
  for (const to of ['/mfs/new/got', '/memory/got', '/local/got']) {
    const { result } = await fetched(session, { to })
    expect(result).toMatchObject({ status: 'success', entries: 5 })
    expect((await session.call('vfs_read', { path: `${to}/sub/a`, raw: true })).text).toBe('one')
    expect((await session.call('vfs_hash', { path: `${to}/big` })).result).toMatchObject({ hash: hash('sha256', big) })
    const car = `${to}.car`
    await fetched(session, { to: car })
    expect((await session.call('ipfs_add', { from: car, format: 'car' })).result).toMatchObject({ cid: root })
    expect((await session.call('vfs_undo', { change: result['change'] })).result).toMatchObject({ conflicts: [] })
  }
  over.abort()
  await collecting
})

test('by a name of IPNS', async () => {
  await using session = await connect({ files: { 'd/a': 'one' } })
  const { cid } = (await session.call('ipfs_add', { from: `${session.work}/d` })).result
  const { name } = (await session.call('ipfs_name_publish', { cid, offline: true })).result
  const { result } = await session.call('lassie_fetch', { cid: `${String(name)}/a`, to: `${session.work}/got` })
  expect(result).toMatchObject({ status: 'success', bytes: 3, blocks: 2 })
})

test('progress rises with the bytes, and says how many blocks came', async () => {
  await using session = await connect({ config: ALONE })
  const told: { readonly progress: number; readonly message?: string | undefined }[] = []
  const args = { cid: root, to: `${session.work}/got`, providers: [provider.gateway] }
  await session.client.callTool({ name: 'lassie_fetch_with_providers', arguments: args }, { onprogress: (one) => told.push(one) })
  expect(told.length).toBeGreaterThan(0)
  expect(told[0]?.message).toMatch(/^\d+ blocks, /)
  expect(told.map(({ progress }) => progress)).toEqual(told.map(({ progress }) => progress).toSorted((a, b) => a - b))
})

test.each(['got', 'got.car'])('a call that is cancelled leaves nothing: %s', async (name) => {
  await using silent = await lyingGateway(await provider.car(root), { lie: 'says nothing' })
  await using session = await connect({ config: ALONE })
  const cancel = new AbortController()
  const args = { cid: root, to: `${session.work}/${name}`, providers: [silent.url] }
  const call = session.client.callTool({ name: 'lassie_fetch_with_providers', arguments: args }, { signal: cancel.signal })
  call.catch(() => {})
  await vi.waitFor(() => expect(silent.requests.length).toBeGreaterThan(0), { timeout: 20_000 })
  cancel.abort()
  await expect(call).rejects.toThrow('abort')
  expect((await session.call('vfs_write', { path: `${session.work}/${name}`, content: 'free' })).result).toMatchObject({ status: 'success' })
  expect(await names(session.work)).toEqual([name])
  expect((await session.call('ipfs_refs_local')).result).toMatchObject({ cids: [] })
})

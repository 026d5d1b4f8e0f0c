import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { findServer } from '../../../scripts/servers/find.ts'
import { retrieving } from '../../../src/retrieval/index.ts'
import { runHere } from '../../support/io.ts'
import { emptyPlace } from '../../support/program.ts'
import { connect, type ConnectedGateway } from '../../support/gateway.ts'
import { noise } from '../../support/content.ts'
import { needsKubo } from '../../support/kubo.ts'
import { LASSIE, needsLassie, superviseLassie } from '../../support/lassie.ts'
import { machine } from '../../support/machine.ts'
import { ALONE, type Trustless, trustless } from '../../support/trustless.ts'

beforeEach(needsKubo)
beforeEach(needsLassie)

let provider: Trustless
let root = ''
const big = Buffer.concat(await Array.fromAsync(noise(3_500_000)))

beforeAll(async () => {
  provider = await trustless()
  await using source = await connect({ files: { 'd/big': big, 'd/again': big, 'd/sub/a': 'one', 'd/sub/empty': '' } })
  root = await provider.daemon.run(['add', '-rQ', join(source.work, 'd')])
})
afterAll(() => provider?.[Symbol.asyncDispose]())

const open = async (lassie: object = {}, ipfs: object = {}): Promise<ConnectedGateway> =>
  connect({
    config: { ipfs: { ...ALONE.ipfs, ...ipfs }, lassie: { ...ALONE.lassie, daemon: true, ...lassie } },
    env: { PATH: process.env['PATH'], LASSIE_BINARY: await findServer(LASSIE) },
  })

const fetched = (session: ConnectedGateway, args: Readonly<Record<string, unknown>> = {}) =>
  session.call('lassie_fetch_with_providers', { cid: root, to: `${session.work}/got`, providers: [provider.gateway], ...args })

describe('a supervised lassie', () => {
  test('is started by the first call, and fetches folders, parts and CARs', async () => {
    await using session = await open()
    const { result } = await fetched(session)
    expect(result).toMatchObject({ status: 'success', cid: root, entries: 5, bytes: 7_000_003, blocks: 9, providers: [] })
    expect((await readFile(`${session.work}/got/again`)).equals(big)).toBe(true)
    await session.call('vfs_undo', { change: result['change'] })
    expect(await readdir(session.work)).toEqual([])
    await fetched(session, { cid: `${root}/big`, offset: 1_048_570, length: 12 })
    expect((await readFile(`${session.work}/got`)).equals(big.subarray(1_048_570, 1_048_582))).toBe(true)
    await fetched(session, { to: `${session.work}/all.car` })
    expect((await readFile(`${session.work}/all.car`)).equals(await provider.car(root))).toBe(true)
  })

  test('finds names of any kind', async () => {
    const odd = ['%41', '%', '%25', 'x%2', 'a?b', 'a#b', 'a b', 'ü', 'a&b=c', 'x+y', ';:@', `q'"`, 'back\\slash', 'Links']
    await using session = await open()
    await using source = await connect({ files: Object.fromEntries(odd.map((name) => [`d/${name}`, name])) })
    const folder = await provider.daemon.run(['add', '-rQ', join(source.work, 'd')])
    for (const [at, name] of odd.entries()) {
      const { result } = await fetched(session, { cid: `${folder}/${name}`, to: `${session.work}/${at}` })
      expect(result, name).toMatchObject({ status: 'success' })
      expect(await readFile(`${session.work}/${at}`, 'utf8')).toBe(name)
    }
  })

  test('tells what went wrong', async () => {
    await using session = await open()
    const missing = 'bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e'
    expect((await fetched(session, { cid: missing })).result).toMatchObject({ error_code: 'CONTENT_NOT_FOUND_IN_TIME' })
    expect((await fetched(session, { providers: ['http://127.0.0.1:9'] })).result).toMatchObject({ error_code: 'CONTENT_NOT_FOUND_IN_TIME' })
    expect((await fetched(session, { cid: `${root}/none` })).result).toMatchObject({ error_code: expect.stringMatching(/NOT_FOUND/) })
    const peer = await fetched(session, { providers: provider.daemon.addresses.slice(0, 1), timeout_ms: 1000 })
    expect(peer.result).toMatchObject({ error_code: 'CONTENT_NOT_FOUND_IN_TIME', context: { hint: expect.stringContaining('bitswap') } })
    expect(await readdir(session.work)).toEqual([])
  })

  test('that finds nobody says so', async () => {
    const env = { PATH: process.env['PATH'], LASSIE_BINARY: await findServer(LASSIE), HTTPS_PROXY: 'http://127.0.0.1:9' } // it finds providers by a service on the Internet
    await using session = await connect({ config: { ...ALONE, lassie: { daemon: true } }, env })
    const { result } = await session.call('lassie_fetch', { cid: root, to: `${session.work}/got` })
    expect(result).toMatchObject({
      error_code: expect.stringMatching(/^(NO_PEERS|CONTENT_NOT_FOUND_IN_TIME)$/),
      context: { hint: expect.stringContaining('graphsync') },
    })
  })

  test('is not asked off the network, nor for providers that agents may not name', async () => {
    await using off = await open({}, { network: 'off' })
    expect((await fetched(off)).result).toMatchObject({ error_code: 'OFFLINE' })
    await using closed = await open({ private_addresses: false })
    expect((await fetched(closed)).result).toMatchObject({ error_code: 'DENIED' })
    for (const session of [off, closed]) expect(await readdir(join(session.work, '../data')).then((names) => names.includes('services'))).toBe(false)
  })

  test('that cannot be started is told at once, with what a person does', async () => {
    await using session = await open({ binary: '/nowhere/lassie' })
    const { result, text } = await fetched(session)
    expect(result).toMatchObject({ error_code: 'SERVICE_UNAVAILABLE', context: { retryable: false } })
    expect(text).toContain('/nowhere/lassie')
  })

  test('that was killed comes back', async () => {
    await using session = await open()
    await fetched(session, { cid: `${root}/sub` })
    const pid = await pidOf(session)
    process.kill(pid, 'SIGKILL')
    await vi.waitFor(
      async () => expect((await fetched(session, { cid: `${root}/sub`, to: `${session.work}/again` })).result).toMatchObject({ status: 'success' }),
      {
        timeout: 30_000,
      },
    )
    expect(await pidOf(session)).not.toBe(pid)
  })
})

test('one that dies in the middle is told, and what came of the CAR is not taken for all of it', async () => {
  const large = await provider.daemon.run(['add', '-Q'], Buffer.concat(await Array.fromAsync(noise(64 << 20, 7))))
  await using lassie = await superviseLassie()
  await using reader = await machine({ network: 'client' })
  const from = retrieving({ node: reader.node, network: 'client', privateAddresses: true, daemon: (call) => lassie.url(call) })
  const blocks = from.blocks({ path: large, scope: 'all' }, { timeoutMs: 60_000, providers: [provider.gateway] })[Symbol.asyncIterator]()
  await blocks.next()
  process.kill(await lassie.pid(), 'SIGKILL')
  const rest = async (): Promise<void> => {
    while (!(await blocks.next()).done);
  }
  await expect(rest()).rejects.toMatchObject({ code: 'INVALID_CAR', retryable: true, message: expect.stringContaining('breaks off before block') })
})

test('polymount services and doctor show it where it is configured, and only there', async () => {
  await using place = await emptyPlace()
  expect((await runHere(place, ['services'])).stdout).not.toContain('lassie')
  const env = { POLYMOUNT_LASSIE_DAEMON: 'true', POLYMOUNT_IPFS_NETWORK: 'off', LASSIE_BINARY: await findServer(LASSIE) }
  expect((await runHere(place, ['services'], { env })).stdout).toMatch(/^lassie +stopped/m)
  const { stdout } = await runHere(place, ['doctor', '--dir', place.work], { env })
  expect(stdout).toMatch(/ok +lassie: a daemon at http:\/\/127\.0\.0\.1:\d+/)
  const broken = await runHere(place, ['doctor', '--dir', place.work], { env: { ...env, LASSIE_BINARY: '/nowhere/lassie' } })
  expect(broken).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/FAILED +lassie: SERVICE_UNAVAILABLE: .*\/nowhere\/lassie, which is not there.*\n +→ A person runs/),
  })
})

/** Of the lassie whose temporary folder is this gateway's. */
async function pidOf({ work }: ConnectedGateway): Promise<number> {
  const folder = join(work, '../data/services/lassie')
  const processes = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const found = await Promise.all(
    processes.map(async (pid) => ((await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).includes(folder) ? Number(pid) : 0)),
  )
  return Math.max(...found)
}

import { mkdir, writeFile } from 'node:fs/promises'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { connect } from '../../support/gateway.ts'
import { runHere } from '../../support/io.ts'
import { onKubo } from '../../support/on-kubo.ts'
import { emptyPlace } from '../../support/program.ts'
import { dataFolder } from '../../support/services.ts'

const PEER = '12D3KooWOld'

/** What a daemon of this version answers that is asked who it is, and nothing else. */
async function daemonOf(first: string) {
  const asked: string[] = []
  const now = { version: first }
  const answers = (): Record<string, unknown> => ({ version: { Version: now.version, Commit: '', Repo: '15' }, id: { ID: PEER } })
  const server = createServer((request, response) => {
    const command = new URL(request.url ?? '', 'http://localhost').pathname.replace('/api/v0/', '')
    asked.push(command)
    const answer = answers()[command]
    response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return { port, url: `http://127.0.0.1:${port}`, asked, now, [Symbol.dispose]: () => void server.close().closeAllConnections() }
}

const TOO_OLD = {
  error_code: 'SERVICE_UNAVAILABLE',
  error: expect.stringMatching(/is Kubo 0\.39\.0, which is too old/),
  context: { retryable: false, hint: 'A person installs Kubo 0.40.0 or newer; 0.43 is tested.' },
}

test('a daemon that is too old is asked for nothing else, until it has been replaced', async () => {
  using daemon = await daemonOf('0.39.0')
  await using t = await connect({ config: { ipfs: { engine: daemon.url, network: 'off' } } })
  expect((await t.call('ipfs_pin_ls')).result).toMatchObject(TOO_OLD)
  expect((await t.call('vfs_read', { path: '/mfs/f' })).result).toMatchObject(TOO_OLD)
  expect(new Set(daemon.asked)).toEqual(new Set(['version']))
  expect((await t.call('vfs_list_mounts')).result['notes']).toEqual([
    `the daemon at ${daemon.url} is Kubo 0.39.0, which is too old (A person installs Kubo 0.40.0 or newer; 0.43 is tested.)`,
  ])
  daemon.now.version = '0.43.1'
  expect((await t.call('ipfs_pin_ls')).result['error']).toContain('not the RPC of a Kubo that we know')
  expect(daemon.asked).toContain('pin/ls')
  expect((await t.call('vfs_list_mounts')).result['notes']).toEqual([])
})

test.for(['0.99.0', '1.0.0-dev', 'of tomorrow'])('one that nobody has tested (%s) is used with a warning', async (version) => {
  using daemon = await daemonOf(version)
  await using t = await connect({ config: { ipfs: { engine: daemon.url, network: 'off' } } })
  await t.call('ipfs_pin_ls')
  await t.call('ipfs_pin_ls')
  expect(daemon.asked).toEqual(['version', 'pin/ls', 'pin/ls'])
  expect((await t.call('vfs_list_mounts')).result['notes']).toEqual([`Kubo ${version} is not tested with this polymount; 0.43 is`])
})

test('doctor tells once of one that is too old, and what it keeps from working', async () => {
  using daemon = await daemonOf('0.39.0')
  await using place = await emptyPlace()
  const { stdout, code } = await runHere(place, ['doctor', '--json', '--engine', daemon.url])
  expect(code).toBe(1)
  const { findings } = JSON.parse(stdout) as { readonly findings: readonly Record<'check' | 'status' | 'found', string>[] }
  expect(findings.filter(({ status, found }) => status === 'failed' || found.includes('too old'))).toEqual([
    { check: 'ipfs', status: 'failed', found: expect.stringContaining('is Kubo 0.39.0, which is too old'), remedy: TOO_OLD.context.hint },
    { check: 'mount /mfs', status: 'failed', found: 'for the same reason as ipfs' },
  ])
})

test.for(['0.39.0', '0.99.0'])('one of version %s that runs on a repository of the user is judged too', async (version) => {
  using daemon = await daemonOf(version)
  await using folder = await dataFolder()
  const repo = join(folder.path, 'mine')
  await mkdir(repo)
  await writeFile(join(repo, 'config'), JSON.stringify({ Identity: { PeerID: PEER } }))
  await writeFile(join(repo, 'api'), `/ip4/127.0.0.1/tcp/${daemon.port}`)
  await using t = await connect({ config: { ipfs: { engine: 'kubo', network: 'off', kubo: { repo } } } })
  await t.call('ipfs_pin_ls')
  const { notes } = (await t.call('vfs_list_mounts')).result
  expect(notes).toContainEqual(expect.stringContaining(`Kubo ${version}${version === '0.99.0' ? ' is not tested with this polymount' : ', which is too old'}`))
  expect(daemon.asked.includes('pin/ls')).toBe(version === '0.99.0')
})

onKubo(
  'the daemon of the tests',
  (daemon) => {
    test('is used without a word', async () => {
      await using t = await connect({ config: { ipfs: { engine: daemon.url, network: 'off' } } })
      expect((await t.call('ipfs_add', { content: 'new enough' })).ok).toBe(true)
      expect((await t.call('vfs_list_mounts')).result['notes']).toEqual([])
    })
  },
  { flags: ['--offline'] },
)

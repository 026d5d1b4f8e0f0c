import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { daemonOf, PEER } from '../../support/daemon-of.ts'
import { connect } from '../../support/gateway.ts'
import { runHere } from '../../support/io.ts'
import { onKubo } from '../../support/on-kubo.ts'
import { emptyPlace } from '../../support/program.ts'
import { dataFolder } from '../../support/services.ts'

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

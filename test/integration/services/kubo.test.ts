import { once } from 'node:events'
import { chmod, cp, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { findKubo } from '../../../scripts/servers/find.ts'
import { bytesOf } from '../../../src/core/bytes.ts'
import { kuboNode } from '../../../src/ipfs/kubo/index.ts'
import type { IpfsNode } from '../../../src/ipfs/types.ts'
import { howToUse, kuboNearby } from '../../../src/services/kubo/nearby.ts'
import { type KuboOptions, kuboSpec } from '../../../src/services/kubo/spec.ts'
import type { Endpoint, ServiceSpec } from '../../../src/services/types.ts'
import { text } from '../../support/content.ts'
import { KuboDaemon, needsKubo } from '../../support/kubo.ts'
import { machine } from '../../support/machine.ts'
import { unique } from '../../contract/node/make.ts'
import { dataFolder, isRunning, supervise } from '../../support/services.ts'

const env = async (): Promise<NodeJS.ProcessEnv> => ({ PATH: process.env['PATH'], HOME: '/nonexistent', KUBO_BINARY: await findKubo() })
const kubo = async (options: Partial<KuboOptions> = {}) => kuboSpec({ network: 'off', env: await env(), ...options })

async function call({ url, authorization = '' }: Endpoint, path: string): Promise<Response> {
  const response = await fetch(`${url}/api/v0/${path}`, { method: 'POST', headers: { authorization } })
  if (!response.ok) throw new Error(`${path}: ${response.status}`)
  return response
}

const rpc = async (endpoint: Endpoint, path: string): Promise<unknown> => (await call(endpoint, path)).json()

describe('a daemon of our own', () => {
  beforeEach(needsKubo)

  test('has its repository in the data folder, on the loopback address alone, and answers us only', async () => {
    await using folder = await dataFolder()
    await using t = await supervise([await kubo()], folder.path)
    const endpoint = await t.services.endpoint('kubo')
    expect(await rpc(endpoint, 'version')).toMatchObject({ Version: expect.stringMatching(/^0\.4/) })
    await expect(rpc({ url: endpoint.url }, 'id')).rejects.toThrow('403')
    const config = JSON.parse(await readFile(join(folder.path, 'services/kubo/repo/config'), 'utf8')) as Record<string, Record<string, unknown>>
    expect(config).toMatchObject({
      Addresses: {
        API: expect.stringMatching(/^\/ip4\/127\.0\.0\.1\/tcp\/\d+$/),
        Gateway: expect.stringMatching(/^\/ip4\/127\.0\.0\.1\/tcp\/\d+$/),
        Swarm: [],
      },
      Import: { CidVersion: 1, UnixFSChunker: 'size-1048576' },
      Pubsub: { Enabled: true },
      Bootstrap: [],
    })
    const log = await readFile(join(folder.path, 'logs/kubo.log'), 'utf8')
    expect(log).toContain('Daemon is ready')
    expect(log).not.toContain(endpoint.authorization?.split(' ')[1])
  })

  test('comes back after kill -9 with what it had acknowledged', async () => {
    await using folder = await dataFolder()
    await using t = await supervise([await kubo()], folder.path)
    const endpoint = await t.services.endpoint('kubo')
    await call(endpoint, 'files/mkdir?arg=/kept')
    await rpc(endpoint, 'files/flush?arg=/') // without it the root is written a moment after the answer
    const { pid } = await t.status('kubo')
    process.kill(pid ?? 0, 'SIGKILL')
    await t.until((now) => now.state === 'ready' && now.pid !== pid, 'kubo')
    const events = t.events.filter((event) => event !== 'kubo degraded') // a check may meet the dead one before its end is told
    expect(events).toEqual(['kubo starting', 'kubo ready', 'kubo restarting', 'kubo starting', 'kubo ready'])
    expect(await rpc(await t.services.endpoint('kubo'), 'files/ls?arg=/')).toMatchObject({ Entries: [{ Name: 'kept' }] })
  })

  test('that hangs is restarted', async () => {
    await using folder = await dataFolder()
    await using t = await supervise([await kubo()], folder.path, { answerMs: 1000 })
    await t.services.endpoint('kubo')
    const { pid } = await t.status('kubo')
    process.kill(pid ?? 0, 'SIGSTOP')
    await t.until((now) => now.state === 'ready' && now.pid !== pid, 'kubo')
    expect(t.events).toContain('kubo degraded')
    expect(await isRunning(pid ?? 0)).toBe(false)
  })

  test('moves to another port when its own is taken', async () => {
    await using folder = await dataFolder()
    await using t = await supervise([await kubo()], folder.path)
    const { url } = await t.services.endpoint('kubo')
    await t.services.wish('kubo', 'stop')
    await t.until(({ state }) => state === 'stopped', 'kubo')
    const squatter = createServer().listen(Number(new URL(url).port), '127.0.0.1')
    await once(squatter, 'listening')
    await t.services.wish('kubo', 'start')
    const moved = await t.services.endpoint('kubo')
    expect(moved.url).not.toBe(url)
    expect(await rpc(moved, 'id')).toMatchObject({ ID: expect.any(String) })
    squatter.close()
  })

  test('gets another port when its own is taken between choice and start', async () => {
    await using folder = await dataFolder()
    const squatter = createServer()
    const spec = await kubo()
    const chosen: (number | undefined)[] = []
    const prepare: ServiceSpec['prepare'] = async (setting, options) => {
      chosen.push(setting.ports['api'])
      if (chosen.length === 1) await once(squatter.listen(setting.ports['api'], '127.0.0.1'), 'listening')
      return spec.prepare(setting, options)
    }
    await using t = await supervise([{ ...spec, prepare }], folder.path)
    void t.services.endpoint('kubo').catch(() => {}) // refused once, as every first failure
    await t.until(({ state }) => state === 'ready', 'kubo')
    expect(await rpc(await t.services.endpoint('kubo'), 'id')).toMatchObject({ ID: expect.any(String) })
    expect(new Set(chosen).size).toBe(2)
    squatter.close()
  })

  test.each([
    ['config', 'not JSON', /repository .* is not JSON/],
    ['datastore_spec', 'not JSON', /ended with exit code 1; its last line: .*datastore/i],
  ])('whose repository is broken (%s) fails, and says how', async (file, content, reason) => {
    await using folder = await dataFolder()
    await using t = await supervise([await kubo()], folder.path, { attempts: 1 })
    await t.services.endpoint('kubo')
    await t.services.wish('kubo', 'stop')
    await t.until(({ state }) => state === 'stopped', 'kubo')
    await writeFile(join(folder.path, 'services/kubo/repo', file), content)
    await t.services.wish('kubo', 'start')
    expect((await t.until(({ state }) => state === 'failed', 'kubo')).reason).toMatch(reason)
    await expect(t.services.endpoint('kubo')).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE', retryable: false })
  })
})

describe('a daemon of our own on a network of its own', () => {
  beforeEach(needsKubo)

  /** A daemon that knows one machine and nobody else, and a node on it. */
  async function networked(network: 'client' | 'node', there: IpfsNode) {
    await using ground = new AsyncDisposableStack()
    const { addresses: peers } = await there.identity()
    const folder = ground.use(await dataFolder())
    const peering = { listen: ['/ip4/127.0.0.1/tcp/0'], peers, routers: [] }
    const t = ground.use(await supervise([await kubo({ network, peering })], folder.path))
    const node = ground.use(await kuboNode({ endpoint: (one) => t.services.endpoint('kubo', one), folder: folder.path, network, repository: 'kubo' }))
    const kept = ground.move()
    return { node, [Symbol.asyncDispose]: () => kept.disposeAsync() }
  }

  test('as a client fetches what another has, and listens nowhere', async () => {
    await using other = await machine({ network: 'node' })
    await using here = await networked('client', other.node)
    const content = unique()
    const { cid } = await other.node.add(bytesOf(content))
    await other.node.pins.add(cid)
    expect(await text(here.node.read(cid))).toBe(content)
    expect(await here.node.version()).toMatchObject({ network: 'client' })
    expect((await here.node.identity()).addresses).toEqual([])
    const { cid: ours } = await here.node.add(bytesOf(unique()))
    await here.node.pins.add(ours)
    await expect(other.node.stat(ours)).rejects.toMatchObject({ code: expect.stringMatching(/^(CONTENT_NOT_FOUND_IN_TIME|NO_PEERS)$/) })
  })

  test('as a node listens, and serves what it has pinned', async () => {
    await using other = await machine({ network: 'node' })
    await using here = await networked('node', other.node)
    const content = unique()
    const { cid } = await here.node.add(bytesOf(content))
    await here.node.pins.add(cid)
    expect(await here.node.version()).toMatchObject({ network: 'node' })
    const { addresses } = await here.node.identity()
    expect(addresses).toEqual([expect.stringMatching(/^\/ip4\/127\.0\.0\.1\/tcp\/\d+\/p2p\//)])
    await other.node.swarm.connect(addresses[0] ?? '')
    expect(await text(other.node.read(cid))).toBe(content)
  })
})

describe("a repository of the user's", () => {
  beforeEach(needsKubo)

  test('is used as it is: nothing in its configuration changes, its import profile included', async () => {
    await using folder = await dataFolder()
    const repo = join(folder.path, 'mine')
    {
      await using mine = await KuboDaemon.start()
      await mine.run(['config', 'Addresses.API', '/ip4/127.0.0.1/tcp/0'])
      await mine.run(['config', 'profile', 'apply', 'unixfs-v0-2015'])
      await mine.run(['shutdown'])
      await cp(mine.folder, repo, { recursive: true })
    }
    const before = await readFile(join(repo, 'config'), 'utf8')
    {
      await using t = await supervise([await kubo({ repo })], folder.path)
      const endpoint = await t.services.endpoint('kubo')
      expect(await rpc(endpoint, 'id')).toMatchObject({ ID: Object(JSON.parse(before)).Identity.PeerID })
      expect(endpoint.authorization).toBeUndefined()
    }
    expect(await readFile(join(repo, 'config'), 'utf8')).toBe(before)
  })

  test('on which a daemon runs: that one is used, and never ended', async () => {
    await using folder = await dataFolder()
    await using mine = await KuboDaemon.start()
    {
      await using t = await supervise([await kubo({ repo: mine.folder })], folder.path)
      expect(await t.services.endpoint('kubo')).toMatchObject({ url: mine.url })
      expect(await t.status('kubo')).toMatchObject({ pid: null, notes: [expect.stringContaining('not ours')] })
      await t.services.wish('kubo', 'stop')
      await t.until(({ state }) => state === 'stopped', 'kubo')
    }
    expect(await mine.rpc('id')).toMatchObject({ ID: mine.peer })
  })

  test('that is not there fails at once', async () => {
    await using folder = await dataFolder()
    await using t = await supervise([await kubo({ repo: join(folder.path, 'none') })], folder.path)
    await expect(t.services.endpoint('kubo')).rejects.toMatchObject({ message: expect.stringContaining('there is no repository of Kubo'), retryable: false })
  })
})

describe('a program that is none', () => {
  const script = async (folder: string, lines: string, mode = 0o755): Promise<string> => {
    const path = join(folder, 'ipfs')
    await writeFile(path, `#!/bin/sh\n${lines}\n`)
    await chmod(path, mode)
    return path
  }

  test.each([
    ['missing', async () => '/nonexistent/ipfs', /ipfs\.kubo\.binary names \/nonexistent\/ipfs, which is not there/],
    ['not executable', (folder: string) => script(folder, '', 0o644), /which is no program that may be run/],
    ['a folder', async (folder: string) => folder, /which is no program that may be run/],
    ['too old', (folder: string) => script(folder, 'echo 0.21.0'), /is Kubo 0\.21\.0, which is too old/],
    ['printing rubbish', (folder: string) => script(folder, 'head -c 300000 /dev/zero'), /does not tell a version of Kubo/],
    ['printing something else', (folder: string) => script(folder, 'echo hello'), /does not tell a version of Kubo: it says "hello"/],
    ['failing', (folder: string) => script(folder, 'exit 4'), /does not tell a version of Kubo: .*exit code 4/],
  ])('%s: failed at once, with a reason and no second attempt', async (_, make, message) => {
    await using folder = await dataFolder()
    await using t = await supervise([kuboSpec({ network: 'off', binary: await make(folder.path), env: {} })], folder.path)
    await expect(t.services.endpoint('kubo')).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE', retryable: false, message: expect.stringMatching(message) })
    expect(await t.status('kubo')).toMatchObject({ state: 'failed', failures: 0 })
  })

  test('on no path is not looked for in the current folder', async () => {
    await using folder = await dataFolder()
    await script(folder.path, 'echo 0.43.1')
    await using t = await supervise([kuboSpec({ network: 'off', env: { PATH: '.:bin:' } })], folder.path)
    await expect(t.services.endpoint('kubo')).rejects.toMatchObject({ message: expect.stringContaining('there is no Kubo on this machine') })
  })

  test('of a version that nobody has tested is used with a warning', async () => {
    await using folder = await dataFolder()
    const binary = await script(
      folder.path,
      'case "$1" in version) echo 0.99.0;; init) mkdir -p "$IPFS_PATH"; echo "{}" > "$IPFS_PATH/config";; *) echo starting; exit 1;; esac',
    )
    await using t = await supervise([kuboSpec({ network: 'off', binary, env: { PATH: '/usr/bin:/bin' } })], folder.path, { attempts: 0 })
    await expect(t.services.endpoint('kubo')).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
    expect((await t.status('kubo')).notes).toEqual(['Kubo 0.99.0 is not tested with this polymount; 0.43 is'])
  })
})

describe('a daemon that answers on this machine', () => {
  beforeEach(needsKubo)

  test('is found by its repository, and told how to use', async () => {
    await using mine = await KuboDaemon.start()
    const found = await kuboNearby({ IPFS_PATH: mine.folder }, '/nonexistent')
    expect(found).toMatchObject({ url: mine.url })
    expect(found && howToUse(found)).toContain(`--engine ${mine.url}`)
  })
})

import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { findServer } from '../../scripts/servers/find.ts'
import { RCLONE } from '../../scripts/servers/programs.ts'
import { FaultProxy } from '../support/fault-proxy.ts'
import { emptyPlace, type Host, host, later, type Place } from '../support/program.ts'
import { needsRclone, Rclone } from '../support/rclone.ts'

beforeEach(needsRclone)

/** A machine whose `/cloud` is a real WebDAV server, behind a proxy that the one rclone of all its gateways goes through. */
interface Machine extends AsyncDisposable {
  readonly proxy: FaultProxy
  readonly place: Place
  agent(): Promise<Host>
  file(): Promise<string | undefined>
  /** What stands at the top of it, folders too, but for our own. */
  names(): Promise<string[]>
  /** All that stands on the server's disk, what is ours too. */
  files(): Promise<string[]>
}

async function machineWithCloud(): Promise<Machine> {
  await using parts = new AsyncDisposableStack()
  const server = parts.use(await Rclone.serving('webdav'))
  const proxy = parts.use(await FaultProxy.start(server.url))
  const place = parts.use(await emptyPlace())
  await using control = await Rclone.control()
  const remote = server.reachedBy('webdav', '{env:CLOUD_PASS}').replace(server.url, proxy.endpoint)
  const config = join(place.home, 'polymount.json')
  const backends = { cloud: { type: 'rclone', options: { remote } } }
  await writeFile(config, JSON.stringify({ backends, mounts: [{ path: '/cloud', backend: 'cloud' }] }))
  const env = {
    RCLONE_BINARY: await findServer(RCLONE),
    RCLONE_CONFIG: '/dev/null',
    RCLONE_LOW_LEVEL_RETRIES: '1',
    CLOUD_PASS: await control.obscured(server.password),
  }
  const owned = parts.move()
  return {
    proxy,
    place,
    agent: () => host(place, [place.work, '--config', config], { env }),
    file: () => readFile(join(server.folder, 'f'), 'utf8').catch(() => undefined),
    names: async () => (await readdir(server.folder)).filter((name) => name !== '.polymount'),
    files: async () => (await readdir(server.folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile()).map(({ name }) => name),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

let machine: Machine
beforeEach(async () => void (machine = await machineWithCloud()))
afterEach(() => machine[Symbol.asyncDispose]())

const historyOf = async (agent: Host): Promise<string> => (await agent.call('vfs_history', { path: '/cloud' })).text

/** An agent writes `before` into the file, and is killed when such a request of what it does then comes to the storage. */
async function killedAt(line: RegExp, act: (agent: Host) => Promise<unknown>): Promise<void> {
  const agent = await machine.agent()
  await agent.call('vfs_write', { path: '/cloud/f', content: 'before' })
  const met = machine.proxy.next(line, 'held')
  const call = act(agent).catch(() => 'gone')
  await met
  process.kill(agent.pid, 'SIGKILL')
  expect(await call).toBe('gone')
}

const removal = (agent: Host) => agent.call('vfs_remove', { path: '/cloud/f', if_match: '*' })
const write = (agent: Host) => agent.call('vfs_write', { path: '/cloud/f', content: 'after', if_match: '*' })
const copy = (agent: Host) => agent.call('vfs_copy', { from: '/cloud/f', to: '/cloud/g' })
const folder = (agent: Host) => agent.call('vfs_mkdir', { path: '/cloud/d' })
const undo = async (agent: Host) => agent.call('vfs_undo', { change: (await removal(agent)).result['change'] })

/** What is held was never sent to the server, and nobody but rclone knows of it when its gateway has been killed. */
test.each([
  ['a write has come to the storage', write, /^PUT \S*\/\.polymount-/, 'before'],
  ['what is replaced lies aside', write, /^MOVE \S*\/f /, 'before'],
  ['what is new has its place', write, /^MOVE \S*\/\.polymount-/, 'before'],
  ['what is removed lies aside', removal, /^MOVE \S*\/f /, 'before'],
  ['a copy is made', copy, /^COPY \S*\/f /, 'before'],
  ['a folder is made', folder, /^MKCOL \S*\/d\//, 'before'],
  ['an undo has brought it back', undo, /^MOVE \S*\/\.polymount\/trash\//, undefined],
] as const)('a gateway killed before %s: rclone is stopped, nothing is lost, nothing half, nothing left over', async (_, act, line, left) => {
  await killedAt(line, act)
  {
    await using next = await machine.agent()
    expect(await historyOf(next)).toContain('[in_doubt')
  }
  later(machine.place)
  await using agent = await machine.agent()
  await vi.waitFor(async () => expect(await historyOf(agent)).toContain('aborted'), 30_000)
  expect(await machine.file()).toBe(left)
  if (left === undefined) await agent.call('vfs_undo', { change: /^(c\w+) .* remove /m.exec(await historyOf(agent))?.[1] })
  expect((await agent.call('vfs_read', { path: '/cloud/f', raw: true })).text).toBe('before')
  expect([await machine.files(), await machine.names()]).toEqual([['f'], ['f']])
})

test.each([
  ['a write', write, /^MOVE \S*\/\.polymount-/, 'after'],
  ['a removal', removal, /^MOVE \S*\/f /, undefined],
] as const)(
  '%s that comes to the storage after its gateway was killed, and rclone was stopped, is in doubt, then done, and can be undone',
  async (_, act, line, left) => {
    await killedAt(line, act)
    await using agent = await machine.agent()
    const change = /^(c\w+) .*\[in_doubt/m.exec(await historyOf(agent))?.[1]
    const refused = await agent.call('vfs_write', { path: '/cloud/f', content: 'by another' })
    expect(refused.result).toMatchObject({ error_code: 'OUTCOME_UNKNOWN', context: { holder: { change }, retry_after_ms: expect.any(Number) } })
    await machine.proxy.letGo()
    await vi.waitFor(async () => expect(await historyOf(agent)).not.toContain('[in_doubt'), 30_000)
    expect(await machine.file()).toBe(left)
    expect((await agent.call('vfs_undo', { change })).ok).toBe(true)
    expect(await machine.file()).toBe('before')
    expect(await machine.files()).toEqual(['f'])
  },
)

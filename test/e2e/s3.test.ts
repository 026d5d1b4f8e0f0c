import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Bucket } from '../../backends/s3/bucket.ts'
import { connect } from '../../backends/s3/connect.ts'
import { noise } from '../support/content.ts'
import { type Fault, FaultProxy } from '../support/fault-proxy.ts'
import { emptyPlace, type Ended, type Host, host, later, type Place, run } from '../support/program.ts'
import { needsS3, S3Server } from '../support/s3.ts'

beforeEach(needsS3)

/** A machine whose `/bucket` lies behind a proxy, which every gateway of it goes through. */
class Machine implements AsyncDisposable {
  readonly proxy: FaultProxy
  /** Past the proxy. */
  readonly direct: Bucket
  readonly place: Place
  readonly #parts: AsyncDisposableStack
  readonly #env: Record<string, string>

  private constructor(parts: AsyncDisposableStack, place: Place, proxy: FaultProxy, direct: Bucket, env: Record<string, string>) {
    this.#parts = parts
    this.place = place
    this.proxy = proxy
    this.direct = direct
    this.#env = env
  }

  static async start(): Promise<Machine> {
    const parts = new AsyncDisposableStack()
    const server = parts.use(await S3Server.start())
    const proxy = parts.use(await FaultProxy.start(server.endpoint))
    const place = parts.use(await emptyPlace())
    const options = await server.options()
    const direct = parts.adopt(connect(options), async (bucket) => bucket.close())
    const storage = { bucket: options.bucket, endpoint: proxy.endpoint, access_key_id: 'env:S3_ID', secret_access_key: 'env:S3_KEY' }
    const settings = { backends: { bucket: { type: 's3', options: storage } }, mounts: [{ path: '/bucket', backend: 'bucket' }] }
    await writeFile(join(place.home, 'polymount.json'), JSON.stringify(settings))
    const { accessKeyId = '', secretAccessKey = '' } = options.credentials ?? {}
    return new Machine(parts, place, proxy, direct, { S3_ID: accessKeyId, S3_KEY: secretAccessKey })
  }

  agent(): Promise<Host> {
    return host(this.place, [this.place.work, '--config', join(this.place.home, 'polymount.json')], { env: this.#env })
  }

  /** The command line of a person. */
  polymount(...args: readonly string[]): Promise<Ended> {
    return run(this.place, [...args, '--config', join(this.place.home, 'polymount.json')], { env: this.#env })
  }

  /** All keys, those of our own too. */
  async keys(): Promise<string[]> {
    return (await this.direct.page({ prefix: '' })).objects.map(({ source }) => source.key)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#parts.disposeAsync()
  }
}

let machine: Machine
beforeEach(async () => void (machine = await Machine.start()))
afterEach(() => machine[Symbol.asyncDispose]())

/** What is asked of an agent that is killed when this request comes, and what the next one finds. */
interface Step {
  readonly title: string
  readonly act: (agent: Host) => Promise<unknown>
  readonly line: RegExp
  readonly fault: Fault
  /** Of the file, and how its history tells of the change. */
  readonly left: string | undefined
  readonly told: RegExp
}

const removal = (agent: Host) => agent.call('vfs_remove', { path: '/bucket/f', if_match: '*' })
const write = { act: (agent: Host) => agent.call('vfs_write', { path: '/bucket/f', content: 'after', if_match: '*' }), line: /^PUT \S+\/f[? ]/ }
const remove = { act: removal }
const undo = { act: async (agent: Host) => agent.call('vfs_undo', { change: (await removal(agent)).result['change'] }) }

const STEPS: readonly Step[] = [
  { ...write, title: 'before a write arrives', fault: 'held', left: 'before', told: /aborted/ },
  { ...write, title: 'after a write, before its answer', fault: 'unanswered', left: 'after', told: /vfs_write/ },
  { ...remove, title: 'before what is removed lies aside', line: /^PUT \S+\/trash\//, fault: 'held', left: 'before', told: /aborted/ },
  { ...remove, title: 'between putting aside and removing', line: /^DELETE \S+\/f\?/, fault: 'held', left: 'before', told: /aborted/ },
  { ...remove, title: 'after a removal, before its answer', line: /^DELETE \S+\/f\?/, fault: 'unanswered', left: undefined, told: /vfs_remove/ },
  { ...undo, title: 'before an undo brings back what lay aside', line: /^PUT \S+\/f[? ]/, fault: 'held', left: undefined, told: /aborted/ },
  { ...undo, title: 'between an undo and the end of what lay aside', line: /^DELETE \S+\/trash\//, fault: 'held', left: undefined, told: /aborted/ },
]

test.each(STEPS)('a gateway killed $title: nothing is lost, nothing half, nothing left over', async ({ act, line, fault, left, told }) => {
  const { proxy } = machine
  {
    const agent = await machine.agent()
    await agent.call('vfs_write', { path: '/bucket/f', content: 'before' })
    const met = proxy.next(line, fault)
    const call = act(agent).catch(() => 'gone')
    await met
    if (fault === 'unanswered') await settled(line)
    process.kill(agent.pid, 'SIGKILL')
    expect(await call).toBe('gone')
  }
  const agent = await machine.agent()
  expect((await historyOf(agent)).includes('[in_doubt')).toBe(fault === 'held')
  if (fault === 'held') later(machine.place)
  await vi.waitFor(async () => expect(await historyOf(agent)).toMatch(told), 10_000)
  const found = await agent.call('vfs_read', { path: '/bucket/f', raw: true })
  expect(found.ok ? found.text : found.result['error_code']).toBe(left ?? 'NOT_FOUND')
  const removed = /^(c\w+) .* remove /m.exec(await historyOf(agent))?.[1]
  if (left === undefined) await agent.call('vfs_undo', { change: removed })
  const after = await agent.call('vfs_read', { path: '/bucket/f', raw: true })
  expect(after.text).toBe(left ?? 'before')
  expect(await machine.keys()).toEqual(['f'])
})

const historyOf = async (agent: Host): Promise<string> => (await agent.call('vfs_history', { path: '/bucket/f' })).text

test.each<[string, typeof write | typeof remove, RegExp, string | undefined]>([
  ['write', write, write.line, 'after'],
  ['removal', remove, /^DELETE \S+\/f\?/, undefined],
])('a %s that arrives after its gateway was killed is in doubt, then done, and can be undone', async (_, { act }, line, left) => {
  const { proxy } = machine
  {
    const agent = await machine.agent()
    await agent.call('vfs_write', { path: '/bucket/f', content: 'before' })
    const met = proxy.next(line, 'held')
    const call = act(agent).catch(() => 'gone')
    await met
    process.kill(agent.pid, 'SIGKILL')
    expect(await call).toBe('gone')
  }
  const agent = await machine.agent()
  const change = /^(c\w+) .*\[in_doubt/m.exec(await historyOf(agent))?.[1]
  const refused = await agent.call('vfs_write', { path: '/bucket/f', content: 'by another', if_match: '*' })
  expect(refused.result).toMatchObject({ error_code: 'OUTCOME_UNKNOWN', context: { holder: { change }, retry_after_ms: expect.any(Number) } })
  await proxy.letGo()
  await vi.waitFor(async () => expect(await historyOf(agent)).not.toContain('[in_doubt'), 30_000)
  const found = await agent.call('vfs_read', { path: '/bucket/f', raw: true })
  expect(found.ok ? found.text : found.result['error_code']).toBe(left ?? 'NOT_FOUND')
  expect((await agent.call('vfs_undo', { change })).ok).toBe(true)
  expect((await agent.call('vfs_read', { path: '/bucket/f', raw: true })).text).toBe('before')
  expect(await machine.keys()).toEqual(['f'])
})

/** The server has done what it was asked for. */
async function settled(line: RegExp): Promise<void> {
  const isRemoval = line.source.startsWith('^DELETE')
  for (;;) {
    const facts = await machine.direct.head('f')
    if (isRemoval ? facts === undefined : facts?.size === 'after'.length) return
  }
}

test.each([
  ['in the middle of an upload', /^PUT \S+\/large\?\S*partNumber=/],
  ['before it knows the name of an upload', /^POST \S+\/large\?uploads/],
])('a gateway that is killed %s leaves nothing half, and nothing behind', async (_, line) => {
  const { direct, place, proxy } = machine
  await writeFile(join(place.work, 'large'), noise(256 << 20))
  {
    const agent = await machine.agent()
    const sent = proxy.next(line, 'unanswered')
    const copy = agent.call('vfs_copy', { from: `${place.work}/large`, to: '/bucket/large' }).catch(() => 'gone')
    await sent
    await vi.waitFor(async () => expect(await direct.multipart.unfinished('large')).toHaveLength(1))
    process.kill(agent.pid, 'SIGKILL')
    expect(await copy).toBe('gone')
  }
  const agent = await machine.agent()
  expect((await agent.call('vfs_stat', { path: '/bucket/large' })).result['error_code']).toBe('NOT_FOUND')
  expect((await agent.call('vfs_history', { path: '/bucket/large' })).text).toContain('aborted')
  expect(await direct.multipart.unfinished('large')).toEqual([])
})

test('a storage that is silent about what was left there keeps nobody from what lies elsewhere, and no gateway from ending', async () => {
  const { proxy } = machine
  const near = '/mfs/near'
  {
    const agent = await machine.agent()
    await agent.call('vfs_write', { path: near, content: 'here' })
    await agent.call('vfs_write', { path: '/bucket/f', content: 'before' })
    const met = proxy.next(write.line, 'unanswered')
    const call = write.act(agent).catch(() => 'gone')
    await met
    process.kill(agent.pid, 'SIGKILL')
    expect(await call).toBe('gone')
  }
  proxy.silent = /^(?:HEAD|GET) \S+\/f[? ]/
  const once = await machine.polymount('call', 'vfs_read', JSON.stringify({ path: near }))
  expect([once.code, once.stderr, once.stdout]).toEqual([0, '', expect.stringContaining('here')])
  const agent = await machine.agent()
  await agent.call('vfs_write', { path: near, content: 'by mistake', if_match: '*' })
  expect((await agent.call('vfs_undo', { session: 'current' })).ok).toBe(true)
  expect((await agent.call('vfs_read', { path: near, raw: true })).text).toBe('here')
})

test('a link of the built program leads to the file', async () => {
  const [agent, upload] = [await machine.agent(), (url: string) => fetch(url, { method: 'PUT', body: 'by a link' })]
  await agent.call('vfs_write', { path: '/bucket/f', content: 'by an agent' })
  const link = async (...more: readonly string[]) => (await machine.polymount('backends', 'link', 'bucket', 'f', ...more)).stdout.trim()
  expect(await (await fetch(await link())).text()).toBe('by an agent')
  expect((await upload(await link('--upload'))).status).toBe(200)
  expect((await agent.call('vfs_read', { path: '/bucket/f' })).text).toContain('by a link')
})

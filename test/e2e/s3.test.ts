import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { noise } from '../support/content.ts'
import type { Fault } from '../support/fault-proxy.ts'
import { type Host, later } from '../support/program.ts'
import { needs, needsS3, type S3Program, VERSITY, VERSITY_VERSIONS } from '../support/s3.ts'
import { Machine } from '../support/s3-machine.ts'

beforeEach(needsS3)

let machine: Machine
const started = async (program?: S3Program): Promise<Machine> => (machine = await Machine.start(program))
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

/** Where the storage keeps what is replaced or removed, a note of its version is all that lies aside. */
const KEPT = STEPS.filter(({ title }) => /removing$|removal|undo/.test(title))

describe.each([
  ['a bucket', VERSITY, STEPS],
  ['a bucket that keeps versions', VERSITY_VERSIONS, KEPT],
] as const)('%s', (_, program, steps) => {
  beforeEach(needs(program))
  test.each(steps)('a gateway killed $title: nothing is lost, nothing half, nothing left over', async ({ act, line, fault, left, told }) => {
    const { proxy } = await started(program)
    {
      const agent = await machine.agent()
      await agent.call('vfs_write', { path: '/bucket/f', content: 'before' })
      const met = proxy.next(line, fault)
      const call = act(agent).catch(() => 'gone')
      await met
      process.kill(agent.pid, 'SIGKILL')
      expect(await call).toBe('gone')
    }
    const agent = await machine.agent()
    await vi.waitFor(async () => expect((await historyOf(agent)).includes('[in_doubt')).toBe(fault === 'held'), 10_000)
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
})

function inDoubt(history: string): string {
  const [, change] = /^(c\w+) .*\[in_doubt/m.exec(history) ?? []
  if (change === undefined) throw new Error(`nothing is in doubt: ${history}`)
  return change
}

const historyOf = async (agent: Host): Promise<string> => (await agent.call('vfs_history', { path: '/bucket/f' })).text

test.each<[string, typeof write | typeof remove, RegExp, string | undefined]>([
  ['write', write, write.line, 'after'],
  ['removal', remove, /^DELETE \S+\/f\?/, undefined],
])('a %s that arrives after its gateway was killed is in doubt, then done, and can be undone', async (_, { act }, line, left) => {
  const { proxy } = await started()
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
  const change = await vi.waitFor(async () => inDoubt(await historyOf(agent)), 10_000)
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

test.each([
  ['in the middle of an upload', /^PUT \S+\/large\?\S*partNumber=/],
  ['before it knows the name of an upload', /^POST \S+\/large\?uploads/],
])('a gateway that is killed %s leaves nothing half, and nothing behind', async (_, line) => {
  const { direct, place, proxy } = await started()
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
  const { proxy } = await started()
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

test('a write to a server that stands still is in doubt when its gateway is killed, and is what it came to once the server goes on', async () => {
  const { direct, proxy, server } = await started()
  const [first, second] = [await machine.agent(), await machine.agent()]
  await first.call('vfs_write', { path: '/bucket/f', content: 'before' })
  const met = proxy.next(write.line, 'held')
  const call = write.act(first).catch(() => 'gone')
  await met
  server.freeze()
  const answered = proxy.letGo() // all of it is with the server
  process.kill(first.pid, 'SIGKILL')
  expect(await call).toBe('gone')
  expect(await historyOf(second)).toMatch(/vfs_write in \S+ {2}\[(?:open|in_doubt)/)
  server.goOn()
  await answered
  const found = await direct.head('f')
  expect(found?.size).toBe('after'.length)
  const over = await second.call('vfs_write', { path: '/bucket/f', content: 'by another', if_match: '*' }) // which meets what was left
  expect(over.ok).toBe(true)
  expect(await historyOf(second)).not.toContain('[')
  const [, , change] = (await historyOf(second)).split('\n').map((line) => line.split(' ', 1)[0])
  for (const [undone, left] of [
    [over.result['change'], 'after'],
    [change, 'before'],
  ]) {
    expect((await second.call('vfs_undo', { change: undone })).ok).toBe(true)
    expect((await second.call('vfs_read', { path: '/bucket/f', raw: true })).text).toBe(left)
  }
  expect(await machine.keys()).toEqual(['f'])
})

test('a link of the built program leads to the file', async () => {
  await started()
  const [agent, upload] = [await machine.agent(), (url: string) => fetch(url, { method: 'PUT', body: 'by a link' })]
  await agent.call('vfs_write', { path: '/bucket/f', content: 'by an agent' })
  const link = async (...more: readonly string[]) => (await machine.polymount('backends', 'link', 'bucket', 'f', ...more)).stdout.trim()
  expect(await (await fetch(await link())).text()).toBe('by an agent')
  expect((await upload(await link('--upload'))).status).toBe(200)
  expect((await agent.call('vfs_read', { path: '/bucket/f' })).text).toContain('by a link')
})

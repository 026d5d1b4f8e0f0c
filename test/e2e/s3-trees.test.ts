import { createHash } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { noise } from '../support/content.ts'
import type { Fault } from '../support/fault-proxy.ts'
import { type Host, later } from '../support/program.ts'
import { needsS3 } from '../support/s3.ts'
import { Machine } from '../support/s3-machine.ts'

beforeEach(needsS3)

let machine: Machine
beforeEach(async () => void (machine = await Machine.start()))
afterEach(() => machine[Symbol.asyncDispose]())

const MIB = 1 << 20
const LARGE = Buffer.concat(await Array.fromAsync(noise(20 * MIB)))

const sumOf = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex')
const [LARGE_SUM, BEFORE_SUM] = [sumOf(LARGE), sumOf(Buffer.from('before'))]

/** A change that takes several requests, which one of them the gateway is killed at, and the files of the bucket afterwards. */
interface Step {
  readonly title: string
  readonly tool: string
  readonly args: (work: string) => Record<string, unknown>
  readonly line: RegExp
  readonly fault: Fault
  /** Where the change is told. */
  readonly path: string
  readonly left: Readonly<Record<string, string>>
}

const upload = { tool: 'vfs_copy', args: (work: string) => ({ from: `${work}/large`, to: '/bucket/large' }), path: '/bucket/large' }
const overwrite = { tool: 'vfs_write', args: () => ({ path: '/bucket/f', content: 'after', if_match: '*' }), path: '/bucket/f' }
const copy = { tool: 'vfs_copy', args: () => ({ from: '/bucket/f', to: '/bucket/g' }), path: '/bucket/g' }
const move = { tool: 'vfs_move', args: () => ({ from: '/bucket/f', to: '/bucket/g' }), path: '/bucket/g' }
const folder = { tool: 'vfs_mkdir', args: () => ({ path: '/bucket/d' }), path: '/bucket/d' }

const [END, MADE, COPIED, GONE] = [/^POST \S+\/large\?\S*uploadId=/, /^PUT \S+\/d\/[? ]/, /^PUT \S+\/g[? ]/, /^DELETE \S+\/f\?/]
const OLD = { f: BEFORE_SUM }

const STEPS: readonly Step[] = [
  { ...upload, title: 'before the end of an upload in parts', line: END, fault: 'held', left: OLD },
  { ...upload, title: 'after the end of an upload in parts, before its answer', line: END, fault: 'unanswered', left: { ...OLD, large: LARGE_SUM } },
  { ...copy, title: 'before a copy inside the bucket', line: COPIED, fault: 'held', left: OLD },
  { ...copy, title: 'after a copy inside the bucket, before its answer', line: COPIED, fault: 'unanswered', left: { ...OLD, g: BEFORE_SUM } },
  { ...move, title: 'before a move has copied', line: COPIED, fault: 'held', left: OLD },
  { ...move, title: 'after a move has copied, before its answer', line: COPIED, fault: 'unanswered', left: OLD },
  { ...move, title: 'before a move removes its source', line: GONE, fault: 'held', left: OLD },
  { ...move, title: 'after a move has removed its source, before its answer', line: GONE, fault: 'unanswered', left: OLD },
  { ...folder, title: 'before a folder is made', line: MADE, fault: 'held', left: OLD },
  { ...folder, title: 'after a folder is made, before its answer', line: MADE, fault: 'unanswered', left: { ...OLD, 'd/': '' } },
  { ...overwrite, title: 'before what is replaced lies aside', line: /^PUT \S+\/trash\//, fault: 'held', left: { f: LARGE_SUM } },
  { ...overwrite, title: 'after what is replaced lies aside, before its answer', line: /^PUT \S+\/trash\//, fault: 'unanswered', left: { f: LARGE_SUM } },
]

describe('a gateway that is killed', () => {
  test.each(STEPS)('$title: nothing is lost, nothing half, nothing left over', async ({ tool, args, line, fault, path, left }) => {
    const { direct, place, proxy } = machine
    await writeFile(join(place.work, 'large'), LARGE)
    {
      const agent = await machine.agent()
      if (tool === 'vfs_write') await agent.call('vfs_copy', { from: `${place.work}/large`, to: '/bucket/f' })
      else await agent.call('vfs_write', { path: '/bucket/f', content: 'before' })
      const met = proxy.next(line, fault)
      const call = agent.call(tool, args(place.work)).catch(() => 'gone')
      await met
      process.kill(agent.pid, 'SIGKILL')
      expect(await call).toBe('gone')
    }
    later(place)
    const agent = await machine.agent()
    await vi.waitFor(async () => expect(await openOf(agent, path)).toEqual([]), 20_000)
    expect(await files()).toEqual(left)
    expect(await direct.multipart.unfinished('large')).toEqual([])
    const again = await agent.call(tool, args(place.work))
    expect([undefined, 'ALREADY_EXISTS']).toContain(again.result['error_code'])
  })
})

/** What the journal does not know the end of. */
async function openOf(agent: Host, path: string): Promise<string[]> {
  const { text } = await agent.call('vfs_history', { path })
  return text.split('\n').filter((line) => /\[(open|in_doubt|aborting)/.test(line))
}

/** Every key of the bucket but those of what was removed, and a hash of what it holds. */
async function files(): Promise<Record<string, string>> {
  const { direct } = machine
  const found: Record<string, string> = {}
  for (const { source, etag, size } of (await direct.page({ prefix: '' })).objects) {
    if (source.key.startsWith('.polymount/trash/')) continue
    const hash = createHash('sha256')
    if (size > 0) for await (const part of direct.get(source, { ifMatch: etag })) hash.update(part)
    found[source.key] = size > 0 ? hash.digest('hex') : ''
  }
  return found
}

test('a copy of a tree whose gateway was killed goes on from there: what had arrived is not sent again', async () => {
  const { direct, place, proxy } = machine
  const names = Array.from({ length: 200 }, (_, i) => `f${String(i).padStart(3, '0')}`)
  await mkdir(join(place.work, 'tree'))
  for (const name of names) await writeFile(join(place.work, 'tree', name), `content of ${name}`)
  const copyTree = { from_backend: 'disk', to_backend: 'bucket', prefix: 'tree' }
  {
    const agent = await machine.agent()
    const met = proxy.next(/^PUT \S+\/f100[? ]/, 'unanswered')
    const call = agent.call('mbfs_copy_between_backends', copyTree).catch(() => 'gone')
    await met
    process.kill(agent.pid, 'SIGKILL')
    expect(await call).toBe('gone')
  }
  const arrived = (await direct.page({ prefix: 'tree/f' })).objects.map(({ source }) => source.key)
  expect(arrived.length).toBeGreaterThan(50)
  proxy.lines.length = 0
  later(place)
  const agent = await machine.agent()
  await vi.waitFor(async () => expect(await openOf(agent, '/bucket/tree')).toEqual([]), 20_000)
  const { result } = await agent.call('mbfs_copy_between_backends', copyTree)
  expect(result).toMatchObject({ copied: names.length - arrived.length, skipped: arrived.length, failed: [] })
  const sent = proxy.lines.filter((line) => /^PUT \S+\/tree\/f\d/.test(line))
  expect(sent).toHaveLength(names.length - arrived.length)
  expect(Object.keys(await files()).filter((key) => key.startsWith('tree/f'))).toEqual(names.map((name) => `tree/${name}`))
})

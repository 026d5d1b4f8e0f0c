import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { text } from '../contract/support.ts'
import type { Answer } from '../support/client.ts'
import type { Host } from '../support/program.ts'
import { needsS3 } from '../support/s3.ts'
import { Machine } from '../support/s3-machine.ts'

beforeEach(needsS3)

/** Two machines that share nothing but the bucket. */
let machine: Machine
let other: Machine
let one: Host
let two: Host

beforeAll(async () => {
  machine = await Machine.start()
  other = await machine.other()
  ;[one, two] = await Promise.all([machine.agent(), other.agent()])
})
afterAll(() => machine[Symbol.asyncDispose]())

const ROUNDS = 8
const TURNS = 3
const IN_PARTS = 3_000_000 // times three bytes
const BOTH = ['one', 'two'] as const
type Name = (typeof BOTH)[number]

/** At the same time. */
const both = (act: (agent: Host, name: Name) => Promise<Answer>): Promise<Answer[]> => Promise.all([act(one, 'one'), act(two, 'two')])
const told = ({ ok, result }: Answer): string => (ok ? 'done' : String(result['error_code']))

/** From the storage itself: a gateway may know for a moment what the other one has replaced since. */
async function read(path: string): Promise<string | undefined> {
  const key = path.slice('/bucket/'.length)
  const found = await machine.direct.head(key)
  return found && (await text(machine.direct.get({ key }, { ifMatch: found.etag })))
}

async function write(agent: Host, path: string, content: string): Promise<unknown> {
  return (await agent.call('vfs_write', { path, content })).result['change']
}

test('of two that write over the same content, or where nothing stands, one wins, and the other one is told', async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const path = `/bucket/raced-${round}`
    const made = await both((agent, name) => agent.call('vfs_write', { path, content: name, if_none_match: '*' }))
    expect([made.map(told).toSorted(), await read(path)]).toEqual([['CONFLICT', 'done'], BOTH[made.map(told).indexOf('done')]])
    const { etag } = (await one.call('vfs_stat', { path })).result
    const replaced = await both((agent, name) => agent.call('vfs_write', { path, content: `after ${name}`, if_match: etag }))
    expect([replaced.map(told).toSorted(), await read(path)]).toEqual([['CONFLICT', 'done'], `after ${BOTH[replaced.map(told).indexOf('done')]}`])
  }
})

test('no edit is lost: a number that both count up has been counted up by each that was told so', async () => {
  const path = '/bucket/counted'
  await write(one, path, '0')
  const countUp = async (agent: Host): Promise<number> => {
    let done = 0
    for (let tries = 0; tries < 2 * ROUNDS; tries++) {
      const { text: seen } = await agent.call('vfs_read', { path, raw: true })
      if ((await agent.call('vfs_edit', { path, old_string: seen, new_string: `${Number(seen) + 1}` })).ok) done++
    }
    return done
  }
  const counted = await Promise.all([countUp(one), countUp(two)])
  expect(Math.min(...counted)).toBeGreaterThan(0)
  expect(await read(path)).toBe(String(counted[0] + counted[1]))
})

/** What one has made that the other has changed since. */
interface Rivalry {
  readonly title: string
  readonly tool: string
  readonly args: (path: string) => Record<string, unknown>
  /** Where it shows. */
  readonly at: (path: string) => string
}

const to = (path: string): string => `${path}-moved`
const RIVALRIES: readonly Rivalry[] = [
  { title: 'write', tool: 'vfs_write', args: (path) => ({ path, content: 'mine', if_match: '*' }), at: (path) => path },
  { title: 'edit', tool: 'vfs_edit', args: (path) => ({ path, old_string: 'before', new_string: 'mine' }), at: (path) => path },
  { title: 'copy', tool: 'vfs_copy', args: (path) => ({ from: path, to: to(path) }), at: to },
  { title: 'move', tool: 'vfs_move', args: (path) => ({ from: path, to: to(path) }), at: to },
  { title: 'removal', tool: 'vfs_remove', args: (path) => ({ path }), at: (path) => path },
]

test.each(RIVALRIES)('the undo of a $title does not take what the other one has put there since', async ({ title, tool, args, at }) => {
  const path = `/bucket/${title}`
  await write(one, path, 'before')
  const { change } = (await one.call(tool, args(path))).result
  const mine = await read(at(path))
  const theirs = await write(two, at(path), 'theirs')
  const refused = await one.call('vfs_undo', { change })
  expect([told(refused), await read(at(path))]).toEqual(['CONFLICT', 'theirs'])
  await two.call('vfs_undo', { change: theirs })
  expect(await read(at(path))).toBe(mine)
  expect(told(await one.call('vfs_undo', { change }))).toBe('done')
  expect(await read(path)).toBe('before')
})

test('of two that move one file away at once nobody loses it: it stands where whoever was told so has put it, and nowhere else', async () => {
  for (let round = 0; round < TURNS; round++) {
    const path = `/bucket/moved-${round}`
    await write(one, path, 'before')
    const moved = await both((agent, name) => agent.call('vfs_move', { from: path, to: `${path}-${name}` }))
    expect(moved.map(told)).toContain('done')
    expect(await read(path)).toBeUndefined()
    const found = await Promise.all(BOTH.map((name) => read(`${path}-${name}`)))
    expect(found).toEqual(moved.map(({ ok }) => (ok ? 'before' : undefined)))
  }
})

test('what two have removed at once comes back by the undo of one, and that of the other one does no harm', async () => {
  for (let round = 0; round < TURNS; round++) {
    const path = `/bucket/removed-${round}`
    await write(one, path, 'before')
    const removed = await both((agent) => agent.call('vfs_remove', { path }))
    expect([removed.map(told), await read(path)]).toEqual([expect.arrayContaining(['done']), undefined])
    for (const [i, agent] of [one, two].entries()) if (removed[i]?.ok) await agent.call('vfs_undo', { change: removed[i].result['change'] })
    expect(await read(path)).toBe('before')
  }
})

const WHOLE = [undefined, ...BOTH, ...BOTH.flatMap((name) => [name.toUpperCase(), name.repeat(IN_PARTS)])]

test('both change the same few files by every verb: each of these is whole at the end, and nothing else is left over', async () => {
  const paths = ['/bucket/d/a', '/bucket/d/b', '/bucket/d/c']
  let done = 0
  const storm = async (agent: Host, name: Name): Promise<void> => {
    const change = async (tool: string, args: Record<string, unknown>): Promise<void> => {
      if ((await agent.call(tool, args)).ok) done++
    }
    for (let round = 0; round < TURNS; round++) {
      const [path = '', next = ''] = [paths[round % 3], paths[(round + 1) % 3]]
      await change('vfs_write', { path, content: round % 4 === 0 ? name.repeat(IN_PARTS) : name })
      await change('vfs_edit', { path: next, old_string: name, new_string: name.toUpperCase() })
      await change('vfs_copy', { from: path, to: next, overwrite: true })
      await change('vfs_move', { from: next, to: path, overwrite: true })
      await change('vfs_remove', { path: next })
    }
    await write(agent, `/bucket/d/${name}`, name)
  }
  await Promise.all([storm(one, 'one'), storm(two, 'two')])
  expect(done).toBeGreaterThan(TURNS)
  const collected = await Promise.all([machine, other].map((each) => each.polymount('gc', '--keep-within', '0s')))
  expect(collected.map(({ code }) => code)).toEqual([0, 0])
  const left = (await machine.keys()).filter((key) => !/^((?:raced|moved|removed)-\d(-one|-two)?|counted|(write|edit|copy|move|removal)(-moved)?)$/.test(key))
  expect(left.filter((key) => !/^d\/[abc]?$/.test(key))).toEqual(['d/one', 'd/two'])
  for (const path of paths) {
    expect(await machine.direct.multipart.unfinished(path.slice('/bucket/'.length))).toEqual([])
    expect(WHOLE).toContain(await read(path))
  }
})

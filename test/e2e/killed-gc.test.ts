import { once } from 'node:events'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { needsKubo } from '../support/kubo.ts'
import { Mortal, seen } from '../support/mortal.ts'
import type { Host } from '../support/program.ts'
import { plant } from '../support/sync.ts'

const GARBAGE = 1500 // more than one page of the sweep

const numbered = (count: number, what: string): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`${what}/${1000 + i}`, `${what} ${i}`]))

const large = (filling: string): string => filling.repeat(200_000) // kept by the content store, not in the journal

/** Something of each kind that a collection has to leave. */
async function furnish({ place: { work } }: Mortal, agent: Host) {
  await plant(work, { ...numbered(50, 'pinned'), ...numbered(50, 'linked'), ...numbered(50, 'removed'), ...numbered(50, 'synced'), shared: 'shared' })
  const at = (name: string): string => join(work, name)
  const cidOf = async (name: string, options = {}) => (await agent.call('ipfs_add', { from: at(name), ...options })).result['cid']
  const pinned = await cidOf('pinned')
  const linked = await cidOf('linked', { pin: false, to_mfs: '/linked' })
  await cidOf('removed', { pin: false, to_mfs: '/removed' })
  const removal = (await agent.call('vfs_remove', { path: '/mfs/removed', recursive: true })).result['change']
  await agent.call('vfs_write', { path: at('file'), content: large('before') })
  const writing = (await agent.call('vfs_write', { path: at('file'), content: large('after') })).result['change']
  const { cid: synced } = (await agent.call('vfs_sync_to_ipfs', { path: at('synced'), pin: false })).result
  return { pinned, linked, removal, writing, synced }
}

/** The change that takes it back. */
async function undone(agent: Host, change: unknown): Promise<unknown> {
  const { result } = await agent.call('vfs_undo', { change })
  expect(result).toMatchObject({ conflicts: [], change: expect.any(String) })
  return result['change']
}

/** All of it is there still: what was undone is done again, so that the next time finds it as it was. */
async function expectWhole({ place: { work } }: Mortal, agent: Host, kept: Awaited<ReturnType<typeof furnish>>): Promise<void> {
  for (const cid of [kept.pinned, kept.linked, kept.synced]) {
    const { result } = await agent.call('ipfs_get', { cid, to: join(work, `read-${Math.random()}`), format: 'car' })
    expect(result).toMatchObject({ change: expect.any(String) })
  }
  expect((await agent.call('ipfs_files_stat', { path: '/linked' })).result).toMatchObject({ cid: kept.linked })
  const redo = await undone(agent, kept.removal)
  expect((await agent.call('ipfs_files_ls', { path: '/removed' })).result['entries']).toHaveLength(50)
  await undone(agent, redo)
  const rewrite = await undone(agent, kept.writing)
  expect((await agent.call('vfs_hash', { path: join(work, 'file') })).result).toMatchObject({ size: large('before').length })
  await undone(agent, rewrite)
  expect((await agent.call('vfs_sync_to_ipfs', { path: join(work, 'synced'), pin: false })).result).toMatchObject({ cid: kept.synced, added: 0 })
}

describe.each(['embedded', 'kubo'] as const)('polymount gc that is killed, on %s', (engine) => {
  beforeEach(engine === 'kubo' ? needsKubo : () => {})

  test('loses nothing that is needed, lets others go on, and the next one ends its work', { timeout: 240_000 }, async () => {
    await using mortal = await Mortal.start(engine)
    await using agent = await mortal.agent()
    const kept = await furnish(mortal, agent)
    await expectWhole(mortal, agent, kept)
    expect(await mortal.polymount('gc')).toMatchObject({ code: 0 })
    const there = await mortal.blocks()
    const ends: unknown[] = []
    for (const point of ['begun', 'sweeping', 'half'] as const) {
      await plant(mortal.place.work, { ...numbered(GARBAGE, `garbage-${point}`), [`garbage-${point}/shared`]: 'shared' })
      await agent.call('ipfs_add', { from: join(mortal.place.work, `garbage-${point}`), pin: false })
      const full = await mortal.blocks()
      expect(full).toBeGreaterThan(there + GARBAGE)
      const collector = mortal.begin('gc')
      const end = once(collector, 'close')
      const left = { begun: full, sweeping: full - 1, half: there + GARBAGE / 2 }[point]
      await seen(async () => (point === 'begun' ? mortal.isCollecting() : (await mortal.blocks()) <= left))
      collector.kill('SIGKILL')
      ends.push(await end)
      await expectWhole(mortal, agent, kept)
      expect(await mortal.polymount('gc')).toMatchObject({ code: 0 })
      expect(await mortal.blocks()).toBe(there)
      await expectWhole(mortal, agent, kept)
    }
    expect(ends).toContainEqual([null, 'SIGKILL']) // else all of them had ended by then
  })
})

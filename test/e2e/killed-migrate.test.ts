import { once } from 'node:events'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import type { Migrated } from '../../src/ipfs/migrate/index.ts'
import type { Engine } from '../../src/ipfs/types.ts'
import { needsKubo } from '../support/kubo.ts'
import { Mortal, seen } from '../support/mortal.ts'
import { ended } from '../support/program.ts'
import { plant } from '../support/sync.ts'

beforeEach(needsKubo)

const FOLDERS = 5
const FILES = 150 // of each: a Kubo writes them down in more than one portion

/** A pin of each type with its name, a tree, and a key that has published. */
async function furnish(mortal: Mortal): Promise<void> {
  expect(await mortal.polymount('ipfs', 'keys', 'make', 'blog')).toMatchObject({ code: 0 })
  await using agent = await mortal.agent()
  const { work } = mortal.place
  for (let n = 0; n < FOLDERS; n++) {
    await plant(work, Object.fromEntries(Array.from({ length: FILES }, (_, i) => [`folder${n}/f${i}`, `file ${n} ${i}`])))
    const added = await agent.call('ipfs_add', {
      from: join(work, `folder${n}`),
      name: `pin${n}`,
      pin: n % 2 === 0,
      to_mfs: n % 2 === 0 ? undefined : `/folder${n}`,
    })
    expect(added).toMatchObject({ ok: true })
  }
  const { cid } = (await agent.call('ipfs_add', { content: 'alone', pin: false })).result
  expect(await agent.call('ipfs_pin_add', { cid, recursive: false, name: 'direct' })).toMatchObject({ ok: true })
  expect(await agent.call('ipfs_name_publish', { cid, key: 'blog', offline: true })).toMatchObject({ ok: true })
}

const told = async (mortal: Mortal, ...args: readonly string[]): Promise<unknown> => JSON.parse((await mortal.polymount(...args, '--json')).stdout)

interface Pin {
  readonly cid: string
  readonly type: string
  readonly name: string | null
}

/** What an engine has of all that is carried; Kubo pins its empty folder by itself. */
async function holdings(mortal: Mortal) {
  await using agent = await mortal.agent()
  const pins: Pin[] = []
  for (const type of ['recursive', 'direct']) pins.push(...((await agent.call('ipfs_pin_ls', { type })).result['pins'] as Pin[]))
  const { cid: root } = (await agent.call('ipfs_files_stat', { path: '/' })).result
  const keys = (await told(mortal, 'ipfs', 'keys')) as readonly { readonly name: string; readonly id: string }[]
  for (const cid of [...pins.filter(({ type }) => type === 'recursive').map((pin) => pin.cid), root]) {
    const { result } = await agent.call('ipfs_get', { cid, to: join(mortal.place.work, `read-${Math.random()}`), format: 'car' })
    expect(result).toMatchObject({ change: expect.any(String) })
  }
  return { pins: pins.filter(({ name }) => name !== null), root, keys: keys.filter(({ name }) => name !== 'self') }
}

/** Runs it to its end. What a name points to a Kubo tells only where it is on a network; that is tried in the test of migrate. */
const migrated = async (mortal: Mortal, to: Engine): Promise<Migrated> => (await told(mortal, 'ipfs', 'migrate', '--to', to)) as Migrated

/** Another engine on the machine of `source`, which has something to carry over by then: what that is. */
async function beside(source: Mortal, to: Engine): Promise<{ readonly target: Mortal; readonly before: Awaited<ReturnType<typeof holdings>> }> {
  const target = await source.with(to)
  await furnish(source)
  const before = await holdings(source)
  await holdings(target) // a daemon makes its repository before its first block comes
  return { target, before }
}

describe.each([
  ['embedded', 'kubo'],
  ['kubo', 'embedded'],
] as const)('polymount ipfs migrate from %s to %s', (from, to) => {
  test('that is cut off at any block goes on where it was, and then all is there; the source is as it was', { timeout: 240_000 }, async () => {
    await using source = await Mortal.start(from)
    const { target, before } = await beside(source, to)
    for (const more of [1, 100, 100]) {
      const there = await target.blocks()
      const process = source.begin('ipfs', 'migrate', '--to', to)
      const end = once(process, 'close')
      await seen(async () => (await target.blocks()) >= there + more)
      process.kill('SIGKILL')
      expect(await end).toEqual([null, 'SIGKILL'])
      const half = await holdings(target) // whatever is named there is whole
      for (const pin of half.pins) expect(before.pins).toContainEqual(pin)
    }
    const done = await migrated(source, to)
    expect(done).toMatchObject({ pins: { left: [] }, mfs: { left: [], same: true, root: before.root }, keys: { left: [] } })
    expect(await holdings(target)).toEqual(before)
    expect(await holdings(source)).toEqual(before)
    expect(await migrated(source, to)).toMatchObject({ pins: { carried: 0 }, mfs: { carried: 0 }, keys: { carried: 0 }, blocks: 0 })
  })

  test('whose Kubo dies says so, and the next one ends it', { timeout: 240_000 }, async () => {
    await using source = await Mortal.start(from)
    const { target, before } = await beside(source, to)
    const there = await target.blocks()
    const process = source.begin('ipfs', 'migrate', '--to', to)
    const end = ended(process)
    await seen(async () => (await target.blocks()) >= there + 100)
    source.killKubo()
    expect(await end).toMatchObject({ code: 1, stderr: expect.stringContaining('SERVICE_UNAVAILABLE') })
    const done = await migrated(source, to)
    expect(done).toMatchObject({ pins: { left: [] }, mfs: { left: [], same: true, root: before.root } })
    expect(await holdings(target)).toEqual(before)
  })
})

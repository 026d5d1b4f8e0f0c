import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { needsKubo } from '../support/kubo.ts'
import { besideSource, killed, type Mortal, seen } from '../support/mortal.ts'
import type { Host } from '../support/program.ts'
import type { Stalling } from '../support/stalling-source.ts'

const KIB = 1 << 10
const MIB = 1 << 20
const SEEDS = [0, 1, 2, 3, 4, 5]
const FILES = 300
const LATE = 280 // of a folder: files from here on stand still

/** A large file, and a folder of many, of each seed. */
function contents(): Record<string, Stalling> {
  const files: Record<string, Stalling> = {}
  for (const seed of SEEDS) {
    files[`/${seed}/file`] = { seed, size: 24 * MIB, stallAt: 20 * MIB }
    for (let i = 0; i < FILES; i++) files[`/${seed}/folder/${1000 + i}`] = { seed, size: 70 * KIB + i, stallAt: i < LATE ? 70 * KIB + i : KIB }
  }
  return files
}

const pins = async (agent: Host): Promise<readonly { readonly cid: string; readonly name: string | null }[]> =>
  (await agent.call('ipfs_pin_ls', { type: 'recursive' })).result['pins'] as never

/** Where there is nothing, what is said of it. */
const inTree = async (agent: Host, path: string): Promise<unknown> => {
  const { result } = await agent.call('ipfs_files_stat', { path })
  return result['cid'] ?? result['error_code']
}

const objects = async (agent: Host): Promise<unknown> => ((await agent.call('ipfs_stats')).result['repo'] as { readonly objects: number }).objects

/** What collection leaves. A Kubo may yet write down what it had been sent when the gateway died, which is garbage for the next collection. */
async function collected(mortal: Mortal, wanted: number): Promise<string[]> {
  for (let tries = mortal.engine === 'kubo' ? 10 : 1; ; tries--) {
    await mortal.polymount('gc')
    const left = await mortal.namedBlocks()
    if (left.length === wanted || tries === 1) return left
  }
}

/** All that lies below is there: every block is read, and verified. */
async function expectWhole({ place }: Mortal, agent: Host, cid: unknown): Promise<void> {
  const { result } = await agent.call('ipfs_get', { cid, to: join(place.work, `read-${Math.random()}`), format: 'car' })
  expect(result).toMatchObject({ change: expect.any(String) })
}

const ADDS = [
  ['embedded', 'file', [0, 1, 6, 14]],
  ['embedded', 'folder', [1, 200]],
  ['kubo', 'file', [0]],
  ['kubo', 'folder', [1, 200]],
] as const

describe.each(ADDS)('a gateway on %s that is killed in the middle of ipfs_add of a %s', (engine, what, points) => {
  beforeEach(engine === 'kubo' ? needsKubo : () => {})

  test('leaves no pin, no name and no change of what had not come in; gc frees its blocks, and the same add succeeds', { timeout: 240_000 }, async () => {
    await using t = await besideSource(engine, contents())
    const { mortal, source } = t
    {
      await using agent = await mortal.agent()
      expect(await agent.call('ipfs_add', { content: 'kept', to_mfs: '/kept' })).toMatchObject({ ok: true })
    }
    for (const [seed, blocks] of points.entries()) {
      const add = { from: `/web/${seed}/${what}`, name: `n${seed}`, to_mfs: `/m${seed}` }
      expect(await mortal.polymount('gc')).toMatchObject({ code: 0 })
      const dying = await mortal.agent()
      const [before, there, asked] = [await mortal.namedBlocks(), await objects(dying), source.asked]
      const files = (await mortal.blockFiles()).length
      const cut = dying.call('ipfs_add', add).catch((error: unknown) => error)
      await seen(async () => source.asked > asked && (await mortal.blockFiles()).length >= files + blocks)
      await killed(dying)
      expect(await cut).toBeInstanceOf(Error)

      await using agent = await mortal.agent()
      expect((await pins(agent)).map(({ name }) => name)).not.toContain(add.name)
      expect(await inTree(agent, `/m${seed}`)).toBe('NOT_FOUND')
      expect((await agent.call('vfs_read', { path: '/mfs/kept', raw: true })).text).toBe('kept')
      expect(mortal.change(`/mfs/m${seed}`)).toBeUndefined()
      expect(await collected(mortal, before.length)).toEqual(before)
      expect(await objects(agent)).toBe(there)

      source.flows = true
      const { cid, change } = (await agent.call('ipfs_add', add)).result
      source.flows = false
      expect(change).toEqual(expect.any(String))
      await expectWhole(mortal, agent, cid)
    }
  })
})

describe.each(['embedded', 'kubo'] as const)('a gateway on %s that is killed when all has come in', (engine) => {
  beforeEach(engine === 'kubo' ? needsKubo : () => {})

  test('has pinned it whole or not at all, and /mfs has it if the change is done, else not', { timeout: 240_000 }, async () => {
    await using t = await besideSource(engine, contents())
    const { mortal, source } = t
    source.flows = true
    for (const [seed, point] of (['in', 'open', 'open', 'done'] as const).entries()) {
      const add = { from: `/web/${seed}/file`, name: `n${seed}`, to_mfs: `/m${seed}` }
      const dying = await mortal.agent()
      const { cid } = (await dying.call('ipfs_add', { from: add.from, only_hash: true })).result
      const before = await mortal.blockFiles()
      const cut = dying.call('ipfs_add', add).catch((error: unknown) => error)
      const is = {
        in: async () => (await mortal.blockFiles()).length >= before.length + 24,
        open: () => mortal.change(`/mfs/m${seed}`),
        done: () => mortal.change(`/mfs/m${seed}`) === 'done',
      }
      await seen(is[point])
      await killed(dying)
      await cut // which may have come to its end

      await using agent = await mortal.agent()
      expect(await mortal.polymount('gc')).toMatchObject({ code: 0 })
      const pinned = (await pins(agent)).some((pin) => pin.name === add.name)
      const state = mortal.change(`/mfs/m${seed}`)
      expect([undefined, 'done', 'aborted']).toContain(state)
      expect(await inTree(agent, `/m${seed}`)).toBe(state === 'done' ? cid : 'NOT_FOUND')
      expect([pinned || point === 'in', state === 'done' || point !== 'done']).toEqual([true, true])
      if (pinned || state === 'done') await expectWhole(mortal, agent, cid)
      await agent.call('ipfs_files_rm', { path: `/m${seed}`, recursive: true })
      expect((await agent.call('ipfs_add', add)).result).toMatchObject({ cid, change: expect.any(String) })
      await expectWhole(mortal, agent, cid)
    }
  })
})

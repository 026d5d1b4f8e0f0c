import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { needsKubo } from '../support/kubo.ts'
import { besideSource, killed, Mortal, seen } from '../support/mortal.ts'
import type { Host } from '../support/program.ts'
import type { Stalling } from '../support/stalling-source.ts'
import { plant } from '../support/sync.ts'

const MIB = 1 << 20
const FILES = 12
const LATE = 10 // files from here on stand still, when there is more than one batch of 64 MiB before them

const sources = (): Record<string, Stalling> =>
  Object.fromEntries(Array.from({ length: FILES }, (_, i) => [`/f/${10 + i}`, { seed: i, size: 8 * MIB, stallAt: i < LATE ? 8 * MIB : MIB }]))

describe.each(['embedded', 'kubo'] as const)('a gateway on %s that is killed', (engine) => {
  beforeEach(engine === 'kubo' ? needsKubo : () => {})

  test('in vfs_sync_to_ipfs goes on where it was: what it had written down is not read again, and no collection takes it', { timeout: 240_000 }, async () => {
    await using t = await besideSource(engine, sources())
    const { mortal, source } = t
    const dying = await mortal.agent()
    const { pins } = (await dying.call('ipfs_pin_ls')).result
    const cut = dying.call('vfs_sync_to_ipfs', { path: '/web/f' }).catch((error: unknown) => error)
    await seen(() => mortal.indexed() > 0)
    await killed(dying)
    expect(await cut).toBeInstanceOf(Error)
    const known = mortal.indexed()
    await using agent = await mortal.agent()
    expect((await agent.call('ipfs_pin_ls')).result['pins']).toEqual(pins)
    expect(await mortal.polymount('gc')).toMatchObject({ code: 0 })
    source.flows = true
    const asked = source.asked
    const { result } = await agent.call('vfs_sync_to_ipfs', { path: '/web/f' })
    expect(result).toMatchObject({ reused: known, added: FILES - known })
    expect(source.asked - asked).toBe(FILES - known)
    expect((await agent.call('ipfs_add', { from: '/web/f', only_hash: true })).result).toMatchObject({ cid: result['cid'] })
    for (let i = 0; i < FILES; i++) expect(await hashOf(agent, `/ipfs/${String(result['cid'])}/${10 + i}`)).toBe(await hashOf(agent, `/web/f/${10 + i}`))
  })

  test('in vfs_sync_from_ipfs has written all of it or nothing, and one undo takes all back', { timeout: 240_000 }, async () => {
    await using mortal = await Mortal.start(engine)
    const { work } = mortal.place
    await plant(join(work, 'wanted'), WANTED)
    const wanted = await tree(join(work, 'wanted'))
    for (const [round, point] of ([0, 1, 60, 'done'] as const).entries()) {
      const path = join(work, `out${round}`)
      await plant(path, BEFORE)
      const before = await tree(path)
      const dying = await mortal.agent()
      const { cid } = (await dying.call('ipfs_add', { from: join(work, 'wanted') })).result
      const cut = dying.call('vfs_sync_from_ipfs', { cid, path, delete: true }).catch((error: unknown) => error)
      await seen(async () => (point === 'done' ? mortal.change(path) === 'done' : mortal.change(path) !== undefined && (await written(path)) >= point))
      await killed(dying)
      await cut // which may have come to its end

      await using agent = await mortal.agent()
      expect(await agent.call('ipfs_version')).toMatchObject({ ok: true })
      const state = mortal.change(path)
      expect(['done', 'aborted']).toContain(state)
      expect(await tree(path)).toEqual(state === 'done' ? wanted : before)
      await agent.call('vfs_sync_from_ipfs', { cid, path, delete: true })
      expect(await tree(path)).toEqual(wanted)
      const { changes } = (await agent.call('vfs_history', { path })).result as {
        readonly changes: readonly { readonly change: string; readonly state: string }[]
      }
      expect(changes[0]).toMatchObject({ op: 'mirror', state: 'done' })
      expect((await agent.call('vfs_undo', { change: changes[0]?.change })).result).toMatchObject({ conflicts: [] })
      expect(await tree(path)).toEqual(before)
    }
  })
})

const numbered = (count: number, content: (i: number) => string): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`d${i % 7}/f${i}`, content(i)]))

const WANTED = numbered(120, (i) => `wanted ${i}`)
const BEFORE = { ...numbered(40, (i) => (i % 4 === 0 ? `wanted ${i}` : 'other')), 'gone/a': 'a', 'gone/b': 'b' }

/** Files of the wanted tree that were not there before. */
async function written(path: string): Promise<number> {
  const now = await tree(path).catch(() => []) // a file went while it was looked through
  return now.filter(([, content]) => content.startsWith('wanted')).length - 10
}

const hashOf = async (agent: Host, path: string): Promise<unknown> => (await agent.call('vfs_hash', { path })).result['hash']

/** What lies below a folder of the disk, by its path; a folder holds `/`. */
async function tree(root: string): Promise<[string, string][]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true })
  const pairs = entries.map(async (entry): Promise<[string, string]> => {
    const at = join(entry.parentPath, entry.name)
    return [at.slice(root.length + 1), entry.isDirectory() ? '/' : await readFile(at, 'utf8')]
  })
  return (await Promise.all(pairs)).toSorted(([one], [other]) => (one < other ? -1 : 1))
}

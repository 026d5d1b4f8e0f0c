import { hash } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import { needsKubo } from '../support/kubo.ts'
import { besideSource, killed, Mortal, seen } from '../support/mortal.ts'
import type { Host } from '../support/program.ts'

const MIB = 1 << 20
const SLOW = { size: 24 * MIB, stallAt: 20 * MIB }

interface Change {
  readonly path: string
  readonly op: string
  readonly state: string
  readonly session: string
}

/** Every third is larger than what travels with the folders. */
const contentOf = (i: number): string => `${i}`.repeat(i % 3 === 2 ? 200_000 : 10)

const hashAt = async (agent: Host, path: string): Promise<unknown> => (await agent.call('vfs_hash', { path })).result['hash']

/** Writes one file after the other, by the two tools that can, until the gateway dies; gives those that were acknowledged. */
async function writing(agent: Host, enough: (acknowledged: number) => void): Promise<number> {
  for (let i = 0; ; i++) {
    const content = contentOf(i)
    const written = i % 2 === 0 ? agent.call('vfs_write', { path: `/mfs/d/${i}`, content }) : agent.call('ipfs_files_write', { path: `/d/${i}`, content })
    const answer = await written.catch(() => undefined)
    if (!answer) return i
    expect(answer.result).toMatchObject({ status: 'success' })
    enough(i + 1)
  }
}

describe.each(['embedded', 'kubo'] as const)('a gateway on %s that is killed', (engine) => {
  beforeEach(engine === 'kubo' ? needsKubo : () => {})

  test('while it writes into /mfs has all that it acknowledged, nothing half, and one undo takes the session back', { timeout: 240_000 }, async () => {
    await using mortal = await Mortal.start(engine)
    {
      await using first = await mortal.agent()
      expect(await first.call('vfs_mkdir', { path: '/mfs/d' })).toMatchObject({ ok: true })
    }
    for (const enough of [1, 2, 3, 7]) {
      const dying = await mortal.agent()
      const reached = Promise.withResolvers<void>()
      const written = writing(dying, (acknowledged) => void (acknowledged === enough && reached.resolve()))
      await Promise.race([reached.promise, written])
      await killed(dying)
      const acknowledged = await written

      await using agent = await mortal.agent()
      const there = ((await agent.call('ipfs_files_ls', { path: '/d' })).result['entries'] as { readonly name: string }[]).map(({ name }) => Number(name))
      expect(there.length - acknowledged).toBeOneOf([0, 1]) // the one that was under way
      for (let i = 0; i < there.length; i++) expect(await hashAt(agent, `/mfs/d/${i}`)).toBe(hash('sha256', contentOf(i)))
      const changes = (await agent.call('vfs_history', { path: '/mfs/d' })).result['changes'] as readonly Change[]
      const [{ session } = { session: '' }] = changes
      const own = changes.filter((change) => change.session === session)
      expect(own.filter(({ state }) => state === 'done')).toHaveLength(there.length)
      expect(own.filter(({ state }) => state !== 'done' && state !== 'aborted')).toEqual([])
      expect((await agent.call('vfs_undo', { session })).result).toMatchObject({ conflicts: [] })
      expect((await agent.call('ipfs_files_ls', { path: '/d' })).result).toMatchObject({ entries: [] })
    }
  })

  test('while a large file of /mfs is replaced leaves the old one, and the same call then succeeds', { timeout: 240_000 }, async () => {
    await using t = await besideSource(engine, { '/vfs_copy': { seed: 1, ...SLOW }, '/ipfs_files_write': { seed: 2, ...SLOW } })
    const { mortal, source } = t
    for (const tool of ['vfs_copy', 'ipfs_files_write']) {
      const from = `/web/${tool}`
      const args = tool === 'vfs_copy' ? { from, to: '/mfs/f', overwrite: true } : { path: '/f', from }
      const dying = await mortal.agent()
      expect(await dying.call('vfs_write', { path: '/mfs/f', content: `old of ${tool}`, if_match: tool === 'vfs_copy' ? undefined : '*' })).toMatchObject({
        ok: true,
      })
      const [before, asked] = [await mortal.blockFiles(), source.asked]
      const cut = dying.call(tool, args).catch((error: unknown) => error)
      await seen(async () => source.asked > asked && (await mortal.blockFiles()).length >= before.length + (engine === 'kubo' ? 0 : 6))
      await killed(dying)
      expect(await cut).toBeInstanceOf(Error)

      await using agent = await mortal.agent()
      expect((await agent.call('vfs_read', { path: '/mfs/f', raw: true })).text).toBe(`old of ${tool}`)
      expect(mortal.change('/mfs/f')).toBeOneOf(['done', 'aborted'])
      source.flows = true
      const { result } = await agent.call(tool, args)
      expect(await hashAt(agent, '/mfs/f')).toBe(await hashAt(agent, from))
      source.flows = false
      expect((await agent.call('vfs_undo', { change: result['change'] })).result).toMatchObject({ conflicts: [] })
      expect((await agent.call('vfs_read', { path: '/mfs/f', raw: true })).text).toBe(`old of ${tool}`)
    }
  })
})

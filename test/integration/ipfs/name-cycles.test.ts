import { readdir } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { unique } from '../../contract/node/make.ts'
import type { ConnectedGateway } from '../../support/gateway.ts'
import { onEngines } from '../../support/on-engines.ts'

/** Well below the deadline of one call: what waits for that fails. */
const SOON = { timeout: 20_000 }

/** A name that points to a path below another one, which points back. */
async function circle(session: ConnectedGateway, below: string): Promise<string> {
  const { names } = session.gateway.ipfs
  const [one, two] = [await names.makeKey(unique('key')), await names.makeKey(unique('key'))]
  const publish = (key: string, to: string) => session.call('ipfs_name_publish', { cid: `/ipns/${to}${below}`, key, offline: true })
  expect([await publish(one.name, two.id), await publish(two.name, one.id)]).toMatchObject([{ ok: true }, { ok: true }])
  return `/ipns/${one.id}`
}

/** Every tool that follows a name, on the way to `to` if it writes. */
const following = (cid: string, to: string): readonly (readonly [string, Readonly<Record<string, unknown>>])[] => [
  ['ipfs_name_resolve', { name: cid }],
  ['ipfs_cat', { cid }],
  ['ipfs_ls', { cid }],
  ['ipfs_ls', { cid: `${cid}/below` }],
  ['ipfs_get', { cid, to }],
  ['ipfs_get', { cid, to, format: 'car' }],
  ['ipfs_get', { cid, to, format: 'tar' }],
  ['ipfs_pin_add', { cid }],
  ['ipfs_refs', { cid, recursive: true }],
  ['ipfs_dag_get', { cid }],
  ['ipfs_block_stat', { cid }],
  ['ipfs_files_cp', { from: cid, to: '/got' }],
  ['vfs_sync_from_ipfs', { cid, path: to }],
  ['lassie_fetch', { cid, to }],
]

onEngines('names that lead round in a circle', (connect) => {
  test.each(['', '/sub'])('end at once whatever follows them, and nothing is made (at %j)', SOON, async (below) => {
    await using session = await connect()
    const name = await circle(session, below)
    for (const [tool, args] of following(name, `${session.work}/got`)) {
      const { result, text } = await session.call(tool, args)
      expect(result, tool).toMatchObject({ error_code: 'NAME_NOT_FOUND' })
      expect(text, tool).toContain('more names than are followed')
    }
    expect(await readdir(session.work)).toEqual([])
    for (const [tool, path] of [
      ['vfs_stat', `/ipfs${name}`],
      ['vfs_read', name],
    ] as const)
      expect((await session.call(tool, { path })).result, path).toMatchObject({ error_code: expect.stringMatching(/^NOT_(FOUND|SERVED)$/) })
    expect((await session.call('vfs_ls', { path: '/mfs' })).result['entries']).toEqual([])
    expect(session.logged).toEqual([])
  })
})

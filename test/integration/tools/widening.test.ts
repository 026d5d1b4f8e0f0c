import { mkdir, readdir, readFile, rename, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type ConnectedGateway, connect } from '../../support/gateway.ts'

const config = { agents: { register: ['local', 'memory'] }, backends: { mine: { type: 'memory' } } }

/** A file beside the served folder, which nothing may show or change. */
async function opened(options: Parameters<typeof connect>[0] = {}): Promise<ConnectedGateway & { readonly outside: string }> {
  const t = await connect({ config, ...options })
  const outside = join(t.work, '../outside')
  await mkdir(outside)
  await writeFile(join(outside, 'f'), 'SHOWN')
  return { ...t, outside }
}

const untouched = async (outside: string): Promise<void> => {
  expect([await readdir(outside), await readFile(join(outside, 'f'), 'utf8')]).toEqual([['f'], 'SHOWN'])
}

describe('a registered folder that becomes a link', () => {
  test.each([
    ['before its first use', 0],
    ['between two uses', 1],
  ])('%s, shows nothing outside', async (_, uses) => {
    await using t = await opened({ files: { 'part/f': 'inside' } })
    const options = { root: join(t.work, 'part'), within: '/' }
    expect(await t.call('mbfs_register_backend', { name: 'part', type: 'local', options })).toMatchObject({ ok: true })
    const seen = await Promise.all(Array.from({ length: uses }, () => t.call('mbfs_retrieve', { backend: 'part', key: 'f' })))
    expect(seen.map(({ result }) => result['content'])).toEqual(seen.map(() => 'inside'))
    await rename(join(t.work, 'part'), join(t.work, 'away'))
    await symlink(t.outside, join(t.work, 'part'))
    for (const [tool, args] of [
      ['mbfs_retrieve', { backend: 'part', key: 'f' }],
      ['mbfs_list_content', { backend: 'part' }],
      ['mbfs_store', { backend: 'part', key: 'new', content: 'x' }],
      ['mbfs_delete', { backend: 'part', key: 'f' }],
      ['vfs_mount', { path: '/again', backend: 'part' }],
      ['vfs_read', { path: '/again/f' }],
      ['search_content', { pattern: '.', path: '/again' }],
    ] as const)
      expect(JSON.stringify((await t.call(tool, args)).raw)).not.toContain('SHOWN')
    await untouched(t.outside)
  })

  test('by tools alone, of a link that lies there, shows nothing either', async () => {
    await using t = await opened({ files: { 'part/f': 'inside' } })
    await symlink(t.outside, join(t.work, 'link'))
    await t.call('mbfs_register_backend', { name: 'part', type: 'local', options: { root: join(t.work, 'part') } })
    await t.call('vfs_move', { from: `${t.work}/part`, to: `${t.work}/away` })
    await t.call('vfs_move', { from: `${t.work}/link`, to: `${t.work}/part` })
    expect(JSON.stringify((await t.call('mbfs_retrieve', { backend: 'part', key: 'f' })).raw)).not.toContain('SHOWN')
    await untouched(t.outside)
  })
})

describe('a mount in the place that a storage would get', () => {
  test('does not get what is meant for that storage', async () => {
    await using t = await opened()
    await t.call('mbfs_register_backend', { name: 'own', type: 'memory' })
    expect(await t.call('vfs_mount', { path: '/backends/mine', backend: 'own' })).toMatchObject({ ok: true })
    const stored = await t.call('mbfs_store', { backend: 'mine', key: 'f', content: 'for mine' })
    expect(stored.ok).toBe(false)
    expect((await t.call('mbfs_retrieve', { backend: 'own', key: 'f' })).ok).toBe(false)
  })

  test.each(['Mine', 'MINE', 'mine ', 'mi\u200Bne', 'ｍｉｎｅ', 'm\u0131ne', 'mine\u0000', '__proto__', 'own/../mine', '%6dine'])(
    'the name %j is no other name of it',
    async (name) => {
      await using t = await opened()
      await t.call('mbfs_store', { backend: 'mine', key: 'f', content: 'kept' })
      await t.call('mbfs_register_backend', { name, type: 'memory' })
      await t.call('mbfs_store', { backend: name, key: 'f', content: 'replaced' })
      await t.call('mbfs_remove_backend', { backend: name })
      expect(await t.call('mbfs_retrieve', { backend: 'mine', key: 'f' })).toMatchObject({ result: { content: 'kept' } })
    },
  )
})

describe('a folder in IPFS whose entries are called like ways out', () => {
  const NAMES = ['../outside/new', '..', '.', '/etc/new', 'a/../../outside/new', 'a\u0000b', '']

  test.each(NAMES)('%j is written nowhere', async (name) => {
    await using t = await opened({ files: { f: 'x' } })
    const file = (await t.call('ipfs_add', { content: 'evil' })).result['cid']
    const value = { Data: { '/': { bytes: 'CAE' } }, Links: [{ Hash: { '/': file }, Name: name, Tsize: 4 }] }
    const put = await t.call('ipfs_dag_put', { value, store_codec: 'dag-pb', input_codec: 'dag-json' })
    expect(put).toMatchObject({ ok: true })
    const cid = String(put.result['cid'])
    for (const [tool, args] of [
      ['ipfs_get', { cid, to: `${t.work}/got` }],
      ['ipfs_get', { cid, to: `${t.work}/got.tar`, format: 'tar' }],
      ['lassie_fetch', { cid, to: `${t.work}/fetched` }],
      ['vfs_copy', { from: `/ipfs/${cid}`, to: `${t.work}/copied` }],
      ['vfs_sync_from_ipfs', { cid, path: `${t.work}/synced` }],
      ['ipfs_files_cp', { from: `/ipfs/${cid}`, to: '/grafted' }],
      ['vfs_copy', { from: '/mfs/grafted', to: `${t.work}/from-mfs` }],
    ] as const)
      await t.call(tool, args)
    await untouched(t.outside)
    expect((await readdir(join(t.work, '..'))).toSorted()).toEqual(['data', 'outside', 'work'])
    const written = await readdir(t.work, { recursive: true })
    expect(written.filter((path) => !/^(f|got|got\.tar|fetched|copied|synced|from-mfs)$/.test(path))).toEqual([])
    expect(await readFile(join(t.work, 'got.tar'), 'latin1').catch(() => '')).not.toContain('evil')
  })
})

describe('a resource', () => {
  test.each([
    'polymount:///WORK/../outside/f',
    'polymount:///WORK/%2e%2e/outside/f',
    'polymount:///WORK/%2E%2E%2Foutside%2Ff',
    'polymount:///WORK/..%5coutside%5cf',
    'polymount:///WORK/link/f',
    'polymount://localhost/WORK/../outside/f',
    'polymount://user@outside/f',
    'polymount:/WORK/../outside/f',
    'POLYMOUNT:///WORK/link/f',
    'polymount:///WORK/f%00/../../outside/f',
    'polymount:///OUTSIDE/f',
    'file:///OUTSIDE/f',
    'polymount:///WORK/f?path=/OUTSIDE/f#/OUTSIDE/f',
  ])('%s leads to nothing outside', async (uri) => {
    await using t = await opened({ files: { f: 'inside' } })
    await symlink(t.outside, join(t.work, 'link'))
    const given = uri.replaceAll('/WORK', t.work).replaceAll('/OUTSIDE', t.outside)
    const told = await t.client.readResource({ uri: given }).then(JSON.stringify, String)
    expect(told).not.toContain('SHOWN')
    expect(t.logged).toEqual([])
  })
})

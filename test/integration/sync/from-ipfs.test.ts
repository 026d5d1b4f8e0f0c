import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { onEngines } from '../../support/on-engines.ts'

const files = { 'src/a.txt': 'one', 'src/deep/b.txt': 'two', 'out/a.txt': 'old', 'out/mine.txt': 'x' }

onEngines('a sync from IPFS', (connect) => {
  test('a folder becomes like the one of a CID, writing only what differs, and one undo takes it back', async () => {
    await using session = await connect({ files })
    const { work } = session
    const cid = (await session.call('ipfs_add', { from: `${work}/src` })).result['cid']
    const sync = async (options = {}) => (await session.call('vfs_sync_from_ipfs', { cid, path: `${work}/out`, ...options })).result

    const planned = await sync({ delete: true, dry_run: true })
    expect(planned).toMatchObject({ change: null, deleted: { count: 1, first: ['mine.txt'] } })
    const done = await sync({ delete: true })
    expect(done).toEqual({ ...planned, change: expect.any(String), bytes: 6 })
    expect(done).toMatchObject({ cid, created: { count: 2, first: ['deep', 'deep/b.txt'] }, updated: { count: 1, first: ['a.txt'] }, unchanged: 0 })
    expect(await sync()).toMatchObject({ change: null, created: { count: 0, first: [] }, unchanged: 2, bytes: 0 })

    await session.call('vfs_undo', { change: done['change'] })
    expect((await readdir(`${work}/out`)).toSorted()).toEqual(['a.txt', 'mine.txt'])
    expect(await readFile(`${work}/out/a.txt`, 'utf8')).toBe('old')
  })

  test('the served folder itself can be synced, and changes of others stand in the way of the undo', async () => {
    await using session = await connect({ files: { 'a.txt': 'old' } })
    await session.call('vfs_write', { path: '/local/src/a.txt', content: 'new' })
    const { result: added } = await session.call('ipfs_add', { from: '/local/src' })
    const { result } = await session.call('vfs_sync_from_ipfs', { cid: `/ipfs/${String(added['cid'])}`, path: session.work })
    expect(result).toMatchObject({ updated: { count: 1, first: ['a.txt'] } })
    await session.call('vfs_write', { path: `${session.work}/a.txt`, content: 'newer', if_match: '*' })
    const undone = await session.call('vfs_undo', { change: result['change'] })
    expect(undone.result).toMatchObject({ error_code: 'CONFLICT', context: { conflicts: [{ path: `${session.work}/a.txt` }] } })
  })

  test('refuses what would lose more than was meant, and says how to go on', async () => {
    await using session = await connect({ files: { 'out/a': '1', 'out/b': '2', 'src/c': '3' } })
    await session.call('vfs_mkdir', { path: `${session.work}/empty` })
    const cidOf = async (name: string) => (await session.call('ipfs_add', { from: `${session.work}/${name}` })).result['cid']
    const refused = async (cid: unknown, options: object) => session.call('vfs_sync_from_ipfs', { cid, path: `${session.work}/out`, delete: true, ...options })
    for (const answer of [await refused(await cidOf('src'), { max_delete: 1 }), await refused(await cidOf('empty'), {})]) {
      expect(answer).toMatchObject({ ok: false, result: { error_code: 'TOO_MANY_DELETIONS', context: { hint: expect.any(String) } } })
    }
    expect((await readdir(join(session.work, 'out'))).toSorted()).toEqual(['a', 'b'])
  })

  test.each([
    [{ cid: 'nonsense' }, 'INVALID_CID'],
    [{ cid: 'bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi/../x' }, 'OFFLINE'],
    [{ path: '/nowhere/x' }, 'NOT_SERVED'],
    [{ path: '/ipfs/x' }, 'READ_ONLY'],
    [{ max_delete: -1 }, 'INVALID_INPUT'],
  ])('%j: %s, and nothing is changed', async (args, code) => {
    await using session = await connect({ files: { 'src/c': '3' } })
    const { cid } = (await session.call('ipfs_add', { from: `${session.work}/src` })).result
    const answer = await session.call('vfs_sync_from_ipfs', { cid, path: `${session.work}/new`, ...args })
    expect([answer.ok, answer.result['error_code']]).toEqual([false, code])
    expect(await readdir(session.work)).toEqual(['src'])
    expect(session.logged).toEqual([])
  })

  test('a file that a program outside holds different is compared by its content, whatever its size and time say', async () => {
    await using session = await connect({ files: { 'src/f': 'abc', 'out/f': 'abc' } })
    const { cid } = (await session.call('ipfs_add', { from: `${session.work}/src` })).result
    const sync = async () => (await session.call('vfs_sync_from_ipfs', { cid, path: `${session.work}/out` })).result
    expect(await sync()).toMatchObject({ change: null, unchanged: 1 })
    await writeFile(join(session.work, 'out/f'), 'abd')
    expect(await sync()).toMatchObject({ updated: { count: 1, first: ['f'] } })
  })
})

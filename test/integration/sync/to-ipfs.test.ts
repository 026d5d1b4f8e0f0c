import { chmod, mkdir, open, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { onEngines } from '../../support/on-engines.ts'

const MIB = 1 << 20
const LEAVES = 120

const files = { 'src/a.txt': 'one', 'src/.hidden': 'h', 'src/deep/b.txt': 'two', 'src/deep/er/ä b.txt': 'three', 'src/.gitignore': 'deep' }

onEngines('a sync to IPFS', (connect) => {
  test('a folder gets the CID that adding it gives, and only what has changed is read again', async () => {
    await using session = await connect({ files })
    const at = join(session.work, 'src')
    await mkdir(join(at, 'empty'))
    await symlink('../a.txt', join(at, 'deep/link'))
    await symlink('../away', join(at, 'out'))
    await symlink(join(at, 'a.txt'), join(at, 'absolute'))
    const added = async () => (await session.call('ipfs_add', { from: at, pin: false })).result['cid']
    const sync = async () => (await session.call('vfs_sync_to_ipfs', { path: at })).result

    expect(await sync()).toMatchObject({ path: at, cid: await added(), size: 16, added: 6, reused: 0, bytes: 16, links_left_out: 2, name: null })
    expect(await sync()).toMatchObject({ cid: await added(), size: 16, added: 0, reused: 6, bytes: 0 })
    await writeFile(join(at, 'deep/er/new'), 'xy')
    await writeFile(join(at, 'a.txt'), 'ONE!')
    await rm(join(at, '.hidden'))
    expect(await sync()).toMatchObject({ cid: await added(), size: 18, added: 2, reused: 4, bytes: 6 })
    await rm(join(at, 'deep'), { recursive: true })
    await writeFile(join(at, 'deep'), 'now a file')
    expect(await sync()).toMatchObject({ cid: await added(), added: 1, reused: 2, links_left_out: 2 })
    await rm(join(at, 'deep'))
    await mkdir(join(at, 'deep'))
    expect(await sync()).toMatchObject({ cid: await added(), added: 0, reused: 2 })
  })

  test('a large file takes the memory of a few leaves', async () => {
    await using session = await connect({ files: { 'src/small': 'x' } })
    await using file = await open(join(session.work, 'src/large'), 'w')
    for (let leaf = 0; leaf < LEAVES; leaf++) await file.write(`leaf ${leaf}`, leaf * MIB)
    await file.truncate(LEAVES * MIB)
    const before = process.memoryUsage().arrayBuffers
    expect((await session.call('vfs_sync_to_ipfs', { path: join(session.work, 'src') })).result).toMatchObject({ added: 2, size: LEAVES * MIB + 1 })
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan((LEAVES / 2) * MIB)
  })

  test('what is synced is pinned, unless that is not wanted, and can be read back', async () => {
    await using session = await connect({ files })
    const sync = async (path: string, options = {}) => (await session.call('vfs_sync_to_ipfs', { path: `${session.work}/${path}`, ...options })).result['cid']
    const [deep, all] = [await sync('src/deep', { pin: false }), await sync('src')]
    const pins = async (cid: unknown) => (await session.call('ipfs_pin_ls', { cid, type: 'all' })).result['pins']
    expect(await pins(all)).toMatchObject([{ type: 'recursive' }])
    expect(await pins(deep)).toMatchObject([{ type: 'indirect' }])
    expect((await session.call('vfs_read', { path: `/ipfs/${String(all)}/deep/er/ä b.txt`, raw: true })).text).toBe('three')
  })

  test('globs choose what goes along: no folder for nothing, and nothing below what is excluded', async () => {
    await using session = await connect({ files: { ...files, 'src/node_modules/x/y.txt': 'y', 'src/only.md': 'm', 'src/docs/z.md': 'z' } })
    const paths = async (options: object) => {
      const { result } = await session.call('vfs_sync_to_ipfs', { path: `${session.work}/src`, ...options })
      const { entries } = (await session.call('vfs_find', { path: `/ipfs/${String(result['cid'])}`, ignored: true })).result
      return (entries as { path: string }[]).map(({ path }) => path.split('/').slice(3).join('/'))
    }
    expect(await paths({ include: ['*.md'] })).toEqual(['docs', 'docs/z.md', 'only.md'])
    expect(await paths({ exclude: ['node_modules', 'deep', '.*'] })).toEqual(['a.txt', 'docs', 'docs/z.md', 'only.md'])
    expect(await paths({ include: ['*.txt'], exclude: ['deep/*'] })).toEqual(['a.txt', 'node_modules', 'node_modules/x', 'node_modules/x/y.txt'])
  })

  test('modes and times go along where that is asked for, there and back', async () => {
    await using session = await connect({ files: { 'src/tool': '#!/bin/sh', 'src/plain': 'p', 'src/private/key': 'k' } })
    const at = join(session.work, 'src')
    await chmod(join(at, 'private'), 0o700)
    const time = new Date('2020-02-02T02:02:02.000Z')
    await chmod(join(at, 'tool'), 0o750)
    await utimes(join(at, 'tool'), time, time)
    const sync = async (options = {}) => (await session.call('vfs_sync_to_ipfs', { path: at, preserve: true, ...options })).result
    const kept = await sync()
    expect(kept['cid']).not.toBe((await sync({ preserve: false }))['cid'])
    expect(await sync()).toMatchObject({ cid: kept['cid'], added: 0, reused: 3 })
    await session.call('vfs_sync_from_ipfs', { cid: kept['cid'], path: `${session.work}/back` })
    expect((await session.call('vfs_ls', { path: `${session.work}/back`, long: true })).result['entries']).toMatchObject([
      { name: 'plain' },
      { name: 'private' },
      { name: 'tool', modified: time.toISOString() },
    ])
    const modeOf = async (path: string): Promise<number> => (await stat(join(session.work, 'back', path))).mode & 0o777
    expect(await Promise.all(['tool', 'private', 'private/key'].map(modeOf))).toEqual([0o750, 0o700, 0o644])
    await chmod(join(at, 'tool'), 0o700)
    const changed = await sync()
    expect(changed).toMatchObject({ added: 1, reused: 2 })
    expect((await session.call('vfs_sync_from_ipfs', { cid: changed['cid'], path: `${session.work}/back` })).result).toMatchObject({
      updated: { first: ['tool'] },
    })
  })

  test('a database that could not be opened is opened by the next call', async () => {
    await using session = await connect({ files })
    const database = join(session.work, '../data/sync.db')
    await mkdir(database)
    const sync = async () => (await session.call('vfs_sync_to_ipfs', { path: `${session.work}/src` })).result
    expect(await sync()).toMatchObject({ error_code: 'PERMISSION_DENIED' })
    await rm(database, { recursive: true })
    expect(await sync()).toMatchObject({ status: 'success', reused: 0 })
  })

  test('a name can lead to what was synced last', async () => {
    await using session = await connect({ files })
    const sync = async (path: string) => (await session.call('vfs_sync_to_ipfs', { path: `${session.work}/${path}`, publish_name: 'self' })).result
    const [first, second] = [await sync('src/deep'), await sync('src')]
    expect(first['name']).toBe(second['name'])
    expect((await session.call('ipfs_ls', { cid: second['name'] })).result).toMatchObject({ cid: second['cid'] })
    expect(await session.call('vfs_sync_to_ipfs', { path: session.work, publish_name: 'nobody' })).toMatchObject({
      ok: false,
      result: { error_code: 'KEY_NOT_FOUND' },
    })
  })

  test.each([
    [{ path: '/nowhere' }, 'NOT_SERVED'],
    [{ path: 'WORK/none' }, 'NOT_FOUND'],
    [{ path: 'WORK/src/a.txt' }, 'NOT_DIRECTORY'],
    [{ path: 'WORK/src', include: ['['] }, 'INVALID_PATTERN'],
    [{ path: 'WORK/src', exclude: Array.from({ length: 101 }, () => 'x') }, 'INVALID_INPUT'],
  ])('%j: %s', async ({ path, ...options }, code) => {
    await using session = await connect({ files })
    const { ok, result } = await session.call('vfs_sync_to_ipfs', { path: path.replace('WORK', session.work), ...options })
    expect([ok, result['error_code']]).toEqual([false, code])
    expect(session.logged).toEqual([])
  })
})

import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { describe, expect, test } from 'vitest'
import { bytesOf } from '../../../src/core/bytes.ts'
import { rootOf } from '../../contract/node/make.ts'
import { connect, type ConnectedGateway } from '../../support/gateway.ts'
import { onKubo } from '../../support/on-kubo.ts'

const KEPT = { 'to-file': 'a', 'd/up': '../a', 'to-folder': 'd', nowhere: 'nothing/there', round: './round', 'ä link': 'd/../d/b' }
const LEFT_OUT = { absolute: '/etc/passwd', out: '../x', 'd/out': '../../x', 'd/sly': '../d/../../x' }

async function linked(session: ConnectedGateway, links: Readonly<Record<string, string>>): Promise<string> {
  const at = join(session.work, 'src')
  await mkdir(join(at, 'd'), { recursive: true })
  for (const [name, target] of Object.entries(links)) await symlink(target, join(at, name))
  return at
}

const files = { 'src/a': 'one', 'src/d/b': 'two' }
const into = async (session: ConnectedGateway, path: string) =>
  [(await session.call('ipfs_add', { from: path, pin: false })).result, (await session.call('vfs_sync_to_ipfs', { path, pin: false })).result] as const

describe('links in a folder that goes into IPFS', () => {
  test('that lead out of it are left out and counted; the others are there, and are no way to what they name', async () => {
    await using session = await connect({ files })
    const at = await linked(session, { ...KEPT, ...LEFT_OUT })
    const [added, synced] = await into(session, at)
    const count = Object.keys(LEFT_OUT).length
    expect([added['skipped'], synced['links_left_out'], synced['cid']]).toEqual([count, count, added['cid']])
    const { entries } = (await session.call('ipfs_ls', { cid: added['cid'] })).result
    expect(entries).toContainEqual(expect.objectContaining({ name: 'to-file', kind: 'link' }))
    expect(JSON.stringify(entries)).not.toContain('absolute')
    expect((await session.call('ipfs_get', { cid: added['cid'], to: `${session.work}/back` })).result).toMatchObject({
      entries: 3,
      first: ['a', 'd', 'd/b'],
      links_left_out: Object.keys(KEPT).length,
    })
    expect((await session.call('vfs_read', { path: `/ipfs/${String(added['cid'])}/to-file` })).ok).toBe(false)
    const link = { cid: `${String(added['cid'])}/to-file` }
    for (const [tool, args] of Object.entries({ ipfs_cat: link, ipfs_get: { ...link, to: `${session.work}/link` } }))
      expect((await session.call(tool, args)).text, tool).toContain('format=tar')
    expect((await session.call('ipfs_ls', link)).text).toContain('is a symbolic link')
  })

  test('one that leads elsewhere now makes another folder, and only it is added', async () => {
    await using session = await connect({ files })
    const at = await linked(session, KEPT)
    const [, before] = await into(session, at)
    await rm(join(at, 'to-file'))
    await symlink('d/b', join(at, 'to-file'))
    const [added, after] = await into(session, at)
    expect(after).toMatchObject({ cid: added['cid'], added: 1, bytes: 0 })
    expect(after['cid']).not.toBe(before['cid'])
  })
})

/** Every way out of IPFS tells of the links that it does not make, and takes none away. Resolves with what stands in the folder then. */
async function comesOut(session: ConnectedGateway): Promise<readonly string[]> {
  const at = await linked(session, KEPT)
  const names = async (folder: string) => (await readdir(join(session.work, folder), { recursive: true })).toSorted()
  const [source, before] = [`/ipfs/${String((await into(session, at))[0]['cid'])}`, await names('src')]
  const links = Object.keys(KEPT).length
  const sync = (path: string, more: object = {}) => session.call('vfs_sync_from_ipfs', { cid: source, path, delete: true, ...more })

  expect((await sync(at)).result).toMatchObject({ change: null, deleted: { count: 0 }, unchanged: 2, links_left_out: links })
  await rm(join(at, 'd/b'))
  await writeFile(join(at, 'mine'), 'x')
  expect((await sync(at, { dry_run: true })).result).toMatchObject({ change: null, deleted: { first: ['mine'] }, links_left_out: links })
  expect((await sync(at)).result).toMatchObject({ created: { first: ['d/b'] }, deleted: { first: ['mine'] }, links_left_out: links })
  expect(await names('src')).toEqual(before)

  expect((await sync(`${session.work}/new`)).result).toMatchObject({ created: { count: 4 }, links_left_out: links })
  expect((await session.call('vfs_copy', { from: source, to: `${session.work}/copy` })).result).toMatchObject({ links_left_out: links })
  for (const folder of ['new', 'copy']) expect(await names(folder), folder).toEqual(['a', 'd', 'd/b'])

  const link = `${source}/to-file`
  expect((await session.call('vfs_copy', { from: link, to: `${session.work}/one` })).result).toMatchObject({ error_code: 'OUTSIDE_ROOT' })
  expect((await session.call('ipfs_get', { cid: link, to: `${session.work}/one` })).result).toMatchObject({ error_code: 'UNSUPPORTED' })
  expect((await sync(`${session.work}/one`, { cid: link })).result).toMatchObject({ error_code: 'OUTSIDE_ROOT' })
  return names('.')
}

/** What every way gives that begins and ends in IPFS. */
async function staysInside(session: ConnectedGateway) {
  const cid = String((await into(session, await linked(session, KEPT)))[0]['cid'])
  const { result } = await session.call('ipfs_get', { cid, to: '/mfs/got' })
  const ways = await Promise.all([`/ipfs/${cid}`, '/mfs/got'].map((path) => into(session, path)))
  return { cid, got: result, ways: ways.flat() }
}

/** A tree with its links is the same tree again. */
const sameTree = (cid: string) => ({
  cid,
  got: expect.objectContaining({ entries: 3 + Object.keys(KEPT).length, links_left_out: 0 }),
  ways: [
    expect.objectContaining({ cid, skipped: 0 }),
    expect.objectContaining({ cid, links_left_out: 0 }),
    expect.objectContaining({ cid, skipped: 0 }),
    expect.objectContaining({ cid, links_left_out: 0 }),
  ],
})

test('links that are in IPFS already go along from there, and stand in the mutable tree', async () => {
  await using session = await connect({ files })
  const found = await staysInside(session)
  expect(found).toEqual(sameTree(found.cid))
})

test('links that come out of IPFS are told, and those that stand there stay', async () => {
  await using session = await connect({ files })
  expect(await comesOut(session)).not.toContain('one')
})

onKubo(
  'links',
  (daemon) => {
    test('that come out of it are told, and those that stand there stay', async () => {
      await using session = await connect({ files, config: { ipfs: { engine: daemon.url, network: 'off' } } })
      expect(await comesOut(session)).not.toContain('one')
    })

    test('that are in IPFS already go along from there, and stand in the mutable tree', async () => {
      await using session = await connect({ files, config: { ipfs: { engine: daemon.url, network: 'off' } } })
      const found = await staysInside(session)
      expect(found).toEqual(sameTree(found.cid))
    })

    test('a folder with links has the CID that Kubo computes', async () => {
      await using session = await connect({ files, config: { ipfs: { engine: daemon.url, network: 'off' } } })
      const at = await linked(session, KEPT)
      const cid = await daemon.run(['add', '-r', '-Q', '--only-hash', at])
      for (const result of await into(session, at)) expect(result).toMatchObject({ cid })
    })
  },
  { flags: ['--offline'] },
)

describe('links in a tar that comes out of IPFS', () => {
  test('are links again where they stay in the folder; what leads out is left out, whoever made it', async () => {
    await using session = await connect({ files })
    const { ipfs } = session.gateway
    const sources = [
      { path: 'd/f', content: bytesOf('one') },
      { path: 'd/up', target: '../top' },
      { path: 'top', target: 'd/f' },
      { path: 'long', target: `${'d/../'.repeat(60)}d/f` },
      ...Object.entries(LEFT_OUT).map(([path, target]) => ({ path, target })),
      { path: 'empty', target: '' },
      { path: 'nul', target: 'a\0b' },
    ]
    const root = await rootOf(ipfs, sources)
    const { result } = await session.call('ipfs_get', { cid: root, to: `${session.work}/t.tar`, format: 'tar' })
    expect(result).toMatchObject({ status: 'success', links_left_out: Object.keys(LEFT_OUT).length + 2 })
    await execa('tar', ['-xf', join(session.work, 't.tar'), '-C', session.work])
    const unpacked = join(session.work, root)
    expect((await readdir(unpacked, { recursive: true })).toSorted()).toEqual(['d', 'd/f', 'd/up', 'long', 'top'])
    for (const path of ['d/up', 'long', 'top']) expect(await readFile(join(unpacked, path), 'utf8'), path).toBe('one')
  })
})

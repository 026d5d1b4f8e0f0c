import { readdir } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { rawCid } from '../../../src/core/cid.ts'
import { blockOf, keep } from '../../support/dag.ts'
import type { ConnectedGateway } from '../../support/gateway.ts'
import { onEngines } from '../../support/on-engines.ts'

type Args = Readonly<Record<string, unknown>>

/** A call of each tool that takes a CID or a path of IPFS. */
const CALLS: Readonly<Record<string, (cid: string, work: string) => Args>> = {
  ipfs_cat: (cid) => ({ cid }),
  ipfs_ls: (cid) => ({ cid }),
  ipfs_get: (cid, work) => ({ cid, to: `${work}/got` }),
  ipfs_refs: (cid) => ({ cid, recursive: true }),
  ipfs_block_get: (cid) => ({ cid }),
  ipfs_block_stat: (cid) => ({ cid }),
  ipfs_dag_get: (cid) => ({ cid }),
  ipfs_pin_add: (cid) => ({ cid }),
  ipfs_pin_ls: (cid) => ({ cid }),
  ipfs_pin_rm: (cid) => ({ cid }),
  ipfs_pin_update: (cid) => ({ old_cid: cid, new_cid: cid }),
  ipfs_name_publish: (cid) => ({ cid, offline: true }),
  ipfs_name_resolve: (name) => ({ name }),
  ipfs_dht_findprovs: (cid) => ({ cid }),
  ipfs_files_cp: (cid) => ({ from: `/ipfs/${cid}`, to: '/copied' }),
  vfs_sync_from_ipfs: (cid, work) => ({ cid, path: `${work}/synced` }),
  lassie_fetch: (cid, work) => ({ cid, to: `${work}/fetched` }),
}

/** What is asked for, where `root` is a folder with a file `f`; the code that tools answer, and those that answer another one. */
const WRONGS: readonly (readonly [string, (root: string) => string, string, Readonly<Record<string, string>>])[] = [
  ['nothing', () => '', 'INVALID_INPUT', { ipfs_files_cp: 'INVALID_CID' }],
  ['a blank', () => ' ', 'INVALID_CID', { ipfs_files_cp: 'NOT_FOUND' }],
  ['a word', () => 'hello', 'INVALID_CID', { ipfs_files_cp: 'NOT_FOUND' }],
  ['a path of the disk', () => '/etc/passwd', 'INVALID_CID', { ipfs_files_cp: 'INVALID_PATH' }],
  ['a cut CID', (root) => root.slice(0, -1), 'INVALID_CID', { ipfs_files_cp: 'NOT_FOUND' }],
  ['a CID in capitals', (root) => root.toUpperCase(), 'INVALID_CID', { ipfs_files_cp: 'NOT_FOUND' }],
  ['no CID behind /ipfs/', () => '/ipfs/', 'INVALID_CID', { ipfs_files_cp: 'INVALID_PATH' }],
  ['a name cut off', () => '/ipns/12D3KooW', 'INVALID_CID', { ipfs_files_cp: 'INVALID_PATH' }],
  ['an empty step', (root) => `${root}//f`, 'INVALID_CID', { ipfs_files_cp: 'INVALID_PATH' }],
  ['a way of 5,000 steps', (root) => root + '/a'.repeat(5000), 'INVALID_INPUT', { ipfs_files_cp: 'INVALID_PATH' }],
  // A publication names what it is given, here or not; to what is no name nothing leads; a path of the VFS has rules of its own.
  [
    'a way with ..',
    (root) => `${root}/../f`,
    'NOT_FOUND',
    { ipfs_name_publish: 'INVALID_CID', ipfs_name_resolve: 'INVALID_CID', ipfs_files_cp: 'INVALID_PATH' },
  ],
  ['NUL in a way', (root) => `${root}/\0`, 'NOT_FOUND', { ipfs_name_publish: 'success', ipfs_name_resolve: 'INVALID_CID', ipfs_files_cp: 'INVALID_PATH' }],
  ['a way that is not there', (root) => `${root}/none`, 'NOT_FOUND', { ipfs_name_publish: 'success', ipfs_name_resolve: 'INVALID_CID' }],
  ['a way below a file', (root) => `${root}/f/below`, 'NOT_DIRECTORY', { ipfs_name_publish: 'success', ipfs_name_resolve: 'INVALID_CID' }],
  [
    'a CID that nobody has',
    () => rawCid(Buffer.from('nobody has this')),
    'OFFLINE',
    {
      ipfs_refs: 'success', // a block of bytes links to nothing, whoever has it
      ipfs_name_publish: 'success',
      ipfs_name_resolve: 'INVALID_CID',
      ipfs_pin_ls: 'NOT_PINNED',
      ipfs_pin_rm: 'NOT_PINNED',
      ipfs_pin_update: 'NOT_PINNED',
    },
  ],
]

/** A folder with one entry, whatever its name. */
async function folderWith({ gateway }: ConnectedGateway, name: string, levels = 1): Promise<string> {
  let inner = await blockOf('raw', Buffer.from('x'))
  const blocks = [inner]
  for (let level = 0; level < levels; level++)
    blocks.push((inner = await blockOf('dag-pb', { Data: Buffer.from([8, 1]), Links: [{ Hash: inner.link, Name: name, Tsize: 1 }] })))
  await keep(gateway.ipfs.blocks, ...blocks)
  return inner.cid
}

onEngines('what leads nowhere is refused with the code of what is wrong', (connect) => {
  let session: ConnectedGateway
  let root: string
  beforeAll(async () => {
    session = await connect()
    root = String((await session.call('ipfs_add', { content: 'x', wrap_with_directory: true, name: 'f', pin: false })).result['cid'])
  })
  afterAll(() => session[Symbol.asyncDispose]())

  const outcome = async (tool: string, args: Args = {}): Promise<unknown> => {
    const { result } = await session.call(tool, args)
    return result['error_code'] ?? result['status']
  }

  describe.each(WRONGS)('%s', (_, wrong, code, others) => {
    test.each(Object.keys(CALLS))('%s', async (tool) => {
      expect(await outcome(tool, CALLS[tool]?.(wrong(root), session.work))).toBe(others[tool] ?? code)
      expect(await readdir(session.work)).toEqual([])
      expect(session.logged).toEqual([])
    })
  })

  test.each([
    ['255 bytes', 'é'.repeat(200)],
    ['that polymount gives', 'polymount:kept'],
  ])('a name of a pin that breaks a rule: %s', async (rule, name) => {
    for (const [tool, args] of [
      ['ipfs_pin_add', { cid: root }],
      ['ipfs_add', { content: 'x' }],
    ] as const)
      expect(await session.call(tool, { ...args, name }), tool).toMatchObject({
        result: { error_code: 'INVALID_INPUT', error: expect.stringMatching(`name.*${rule}`) },
      })
  })

  test.each(['files', 'tar'])('an entry called ../x: ipfs_get as %s', async (format) => {
    const cid = await folderWith(session, '../x')
    expect(await outcome('ipfs_get', { cid, to: `${session.work}/got`, format })).toBe('INVALID_PATH')
    expect(await readdir(session.work)).toEqual([])
  })

  test.each(['ipfs_get', 'lassie_fetch'])('folders 2,100 deep: %s', async (tool) => {
    const cid = await folderWith(session, 'd', 2100)
    expect(await outcome(tool, CALLS[tool]?.(cid, session.work))).toBe('INVALID_PATH')
    expect(await readdir(session.work)).toEqual([])
  })

  test('an entry called ../x: nothing outside of the folder that vfs_sync_from_ipfs makes', async () => {
    const cid = await folderWith(session, '../x')
    expect(await outcome('vfs_sync_from_ipfs', { cid, path: `${session.work}/in/synced` })).toBe('success')
    expect(await readdir(session.work, { recursive: true })).toEqual(['in', 'in/synced'])
  })

  test('an entry called ../x is left out of copies, syncs and what is added, which say so, and keeps its folder from moving', async () => {
    const cid = await folderWith(session, '../x')
    const left = (path: string) => ({ left_out: [{ path, error_code: 'INVALID_PATH', error: `${path} holds "../x", which no path can express` }] })
    const calls = [
      await session.call('vfs_copy', { from: `/ipfs/${cid}`, to: `${session.work}/copied` }),
      await session.call('vfs_sync_from_ipfs', { cid, path: `${session.work}/synced` }),
      await session.call('vfs_sync_to_ipfs', { path: `/ipfs/${cid}` }),
      await session.call('ipfs_add', { from: `/ipfs/${cid}` }),
    ]
    for (const { result, text } of calls) {
      expect(result).toMatchObject(left(`/ipfs/${cid}`))
      expect(JSON.parse(text)).toMatchObject(left(`/ipfs/${cid}`))
    }
    const [, , synced, added] = calls
    expect(added?.result['cid']).toBe(synced?.result['cid'])
    await session.call('vfs_copy', { from: `/ipfs/${cid}`, to: '/mfs/odd' })
    const moved = await session.call('vfs_move', { from: '/mfs/odd', to: `${session.work}/moved` })
    expect(moved.result).toMatchObject({ error_code: 'INVALID_PATH', context: { path: '/mfs/odd' } })
    expect((await session.call('vfs_stat', { path: '/mfs/odd' })).result).toMatchObject({ cid })
    await session.call('vfs_remove', { path: '/mfs/odd' })
    for (const name of ['copied', 'synced']) await session.call('vfs_remove', { path: `${session.work}/${name}` })
  })
})

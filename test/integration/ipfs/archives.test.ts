import { readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CarReader } from '@ipld/car/reader'
import { CarWriter } from '@ipld/car/writer'
import { varint } from 'multiformats'
import { CID } from 'multiformats/cid'
import { extract } from 'tar-stream'
import { describe, expect, test } from 'vitest'
import { rawCid } from '../../../src/core/cid.ts'
import { encodeFolder } from '../../../src/content/unixfs/codec.ts'
import { blockOf } from '../../support/dag.ts'
import type { ConnectedGateway } from '../../support/gateway.ts'
import { onEngines } from '../../support/on-engines.ts'

const FILES = { 'd/a': 'one', 'd/sub/b': 'two', 'd/sub/large': Buffer.alloc(3 << 20, 'x') }

const added = async (session: ConnectedGateway, from: string): Promise<string> =>
  String((await session.call('ipfs_add', { from: `${session.work}/${from}`, pin: false })).result['cid'])

const tree = async (folder: string): Promise<string[]> => (await readdir(folder, { recursive: true })).toSorted()

/** A folder as no program of ours makes it. */
async function putFolder(session: ConnectedGateway, links: readonly (readonly [name: string, cid: CID])[]): Promise<string> {
  const { block, cid } = encodeFolder(
    links.map(([name, of]) => ({ name, cid: of, tsize: 1 })),
    { format: { version: 1, hash: 'sha2-256' }, meta: {} },
  )
  const put = { content_base64: Buffer.from(block).toString('base64'), input_codec: 'dag-pb', store_codec: 'dag-pb' }
  expect((await session.call('ipfs_dag_put', put)).result).toMatchObject({ cid: cid.toString() })
  return cid.toString()
}

/** A CAR of these blocks, whatever they are. */
async function carOf(roots: readonly CID[], ...blocks: readonly { readonly cid: CID; readonly bytes: Uint8Array }[]): Promise<Buffer> {
  const { writer, out } = CarWriter.create([...roots])
  const written = Array.fromAsync(out)
  for (const block of blocks) await writer.put(block)
  await writer.close()
  return Buffer.concat(await written)
}

const carBlock = async (value: unknown) => {
  const { link, bytes } = await blockOf('dag-cbor', value)
  return { cid: link, bytes }
}

onEngines('archives', (connect) => {
  describe('ipfs_get', () => {
    test('writes files as one change that can be undone', async () => {
      await using session = await connect({ files: FILES })
      const cid = await added(session, 'd')
      const { result } = await session.call('ipfs_get', { cid: `/ipfs/${cid}`, to: `${session.work}/got/it` })
      expect(result).toMatchObject({
        cid,
        path: `${session.work}/got/it`,
        entries: 4,
        first: ['a', 'sub', 'sub/b', 'sub/large'],
        bytes: 6 + (3 << 20),
        links_left_out: 0,
      })
      expect(await tree(join(session.work, 'got/it'))).toEqual(await tree(join(session.work, 'd')))
      expect(await added(session, 'got/it')).toBe(cid)
      await session.call('vfs_undo', { change: result['change'] })
      expect(await readdir(session.work)).toEqual(['d'])
      expect((await session.call('ipfs_get', { cid: `${cid}/a`, to: `${session.work}/d/a` })).result).toMatchObject({ error_code: 'ALREADY_EXISTS' })
      expect((await session.call('ipfs_get', { cid: `${cid}/a`, to: `${session.work}/one` })).result).toMatchObject({ bytes: 3, entries: 0 })
    })

    test('writes a tar that other programs read', async () => {
      await using session = await connect({ files: FILES })
      const cid = await added(session, 'd')
      const { result } = await session.call('ipfs_get', { cid, to: `${session.work}/d.tar`, format: 'tar' })
      expect(result).toMatchObject({ cid, entries: 4, change: expect.any(String) })
      const found: Record<string, number | undefined> = {}
      const reading = extract()
      reading.end(await readFile(join(session.work, 'd.tar')))
      for await (const entry of reading) {
        found[entry.header.name] = entry.header.size
        entry.resume()
      }
      expect(found).toEqual({ [`${cid}/`]: 0, [`${cid}/a`]: 3, [`${cid}/sub/`]: 0, [`${cid}/sub/b`]: 3, [`${cid}/sub/large`]: 3 << 20 })
      expect((await session.call('ipfs_get', { cid, to: `${session.work}/d.tar`, format: 'tar' })).result).toMatchObject({ error_code: 'CONFLICT' })
      await session.call('ipfs_get', { cid: `${cid}/a`, to: `${session.work}/a.tar`, format: 'tar' })
      expect((await readFile(join(session.work, 'a.tar'))).toString('latin1')).toContain('one')
    })

    test('writes a CAR that other programs read, and takes it in again', async () => {
      await using session = await connect({ files: FILES })
      const cid = await added(session, 'd')
      await session.call('ipfs_get', { cid, to: `${session.work}/d.car`, format: 'car' })
      const bytes = await readFile(join(session.work, 'd.car'))
      const reader = await CarReader.fromBytes(bytes)
      expect((await reader.getRoots()).map(String)).toEqual([cid])
      const refs = (await session.call('ipfs_refs', { cid, recursive: true })).result['refs'] as string[]
      expect((await Array.fromAsync(reader.cids())).map(String)).toEqual([cid, ...refs])
      await using other = await connect({ files: { 'd.car': bytes } })
      const taken = await other.call('ipfs_add', { from: `${other.work}/d.car`, format: 'car', name: 'd', to_mfs: '/d' })
      expect(taken.result).toMatchObject({ cid, roots: [cid], total: refs.length + 1, change: expect.any(String) })
      expect((await other.call('ipfs_cat', { cid: `${cid}/sub/b` })).result).toMatchObject({ content: 'two' })
      expect((await other.call('ipfs_pin_ls', { cid })).result).toMatchObject({ pins: [{ type: 'recursive', name: 'd' }] })
    })

    test.each(['../x', '/x', '.', '..', '', 'a/b', 'nul\0', 'x'.repeat(256)])('refuses an entry called %j before anything is written', async (name) => {
      await using session = await connect()
      const leaf = await blockOf('raw', Buffer.from('evil'))
      await session.call('ipfs_add', { content: 'evil', pin: false })
      const inner = await putFolder(session, [[name, leaf.link]])
      const root = await putFolder(session, [
        ['fine', leaf.link],
        ['sub', CID.parse(inner)],
      ])
      for (const format of ['files', 'tar']) {
        const { result } = await session.call('ipfs_get', { cid: root, to: `${session.work}/got`, format })
        expect(result).toMatchObject({ error_code: 'INVALID_PATH', context: { hint: expect.stringContaining('car') } })
      }
      expect(await readdir(session.work)).toEqual([])
      expect((await session.call('ipfs_get', { cid: root, to: `${session.work}/all.car`, format: 'car' })).ok).toBe(true)
      expect(session.logged).toEqual([])
    })

    test('refuses a tree without end, made of a few blocks', async () => {
      await using session = await connect()
      await session.call('ipfs_add', { content: 'x', pin: false })
      let below = (await blockOf('raw', Buffer.from('x'))).link
      for (let level = 0; level < 60; level++) {
        const folder = await putFolder(session, [
          ['a', below],
          ['b', below],
        ])
        below = CID.parse(folder)
      }
      for (const format of ['files', 'tar']) {
        const { result } = await session.call('ipfs_get', { cid: below.toString(), to: `${session.work}/got`, format })
        expect(result).toMatchObject({ error_code: 'INVALID_PATH', error: expect.stringContaining('entries') })
      }
      let deep = (await blockOf('raw', Buffer.from('x'))).link
      for (let level = 0; level < 2100; level++) deep = CID.parse(await putFolder(session, [['d', deep]]))
      const { result } = await session.call('ipfs_get', { cid: deep.toString(), to: `${session.work}/got` })
      expect(result).toMatchObject({ error_code: 'INVALID_PATH', error: expect.stringMatching(/nested|longer/) })
      expect(await readdir(session.work)).toEqual([])
    }, 60_000)

    test('refuses what is no file or folder as files, and what is not here', async () => {
      await using session = await connect()
      const link = { value: { Data: { '/': { bytes: Buffer.from([8, 4, 18, 1, 120]).toString('base64') } }, Links: [] }, store_codec: 'dag-pb' }
      const linked = String((await session.call('ipfs_dag_put', link)).result['cid'])
      for (const format of ['files', 'tar'])
        expect((await session.call('ipfs_get', { cid: linked, to: `${session.work}/got`, format })).result).toMatchObject({ error_code: 'UNSUPPORTED' })
      const value = String((await session.call('ipfs_dag_put', { value: 1 })).result['cid'])
      const to = `${session.work}/got`
      expect((await session.call('ipfs_get', { cid: value, to })).result).toMatchObject({ error_code: 'NOT_UNIXFS' })
      const nowhere = rawCid(Buffer.from('nowhere'))
      const half = String((await session.call('ipfs_dag_put', { value: [{ '/': nowhere }] })).result['cid'])
      for (const args of [
        { cid: nowhere, to },
        { cid: nowhere, to, format: 'tar' },
        { cid: half, to, format: 'car' },
      ])
        expect((await session.call('ipfs_get', args)).result).toMatchObject({ error_code: 'OFFLINE' })
      expect(await readdir(session.work)).toEqual([])
      expect(session.logged).toEqual([])
    })
  })

  describe('a CAR that is damaged or made to do damage', () => {
    const stored = async (session: ConnectedGateway, car: Uint8Array) => {
      await writeFile(join(session.work, 'x.car'), car)
      return (await session.call('ipfs_add', { from: `${session.work}/x.car`, format: 'car' })).result
    }

    test('is refused wherever it ends, and pins nothing', async () => {
      await using session = await connect()
      const leaf = await carBlock('leaf')
      const root = await carBlock({ leaf: leaf.cid })
      const car = await carOf([root.cid], root, leaf)
      const last = car.length - leaf.bytes.length - leaf.cid.byteLength - 1
      for (let end = 0; end < car.length; end++) {
        const result = await stored(session, car.subarray(0, end))
        // Cut between two blocks it is a CAR of a part: then the pin tells what is missing.
        const headerOnly = end === car.length - leaf.bytes.length - leaf.cid.byteLength - 1 - root.bytes.length - root.cid.byteLength - 1
        expect([end, result['error_code']]).toEqual([end, end === last || headerOnly ? 'OFFLINE' : 'INVALID_CAR'])
      }
      expect((await session.call('ipfs_pin_ls')).result).toMatchObject({ pins: [] })
      expect(await stored(session, car)).toMatchObject({ cid: root.cid.toString(), total: 2 })
      expect(session.logged).toEqual([])
    })

    test('is refused with a wrong block, an unknown hash, no root, lengths that lie, or as something else', async () => {
      await using session = await connect({ files: { 'words.txt': 'no CAR at all' } })
      const [a, b] = [await carBlock('a'), await carBlock('b')]
      const lying = Buffer.concat([await carOf([a.cid]), varint.encodeTo(2 ** 40, new Uint8Array(6)), a.cid.bytes, a.bytes])
      const short = Buffer.concat([await carOf([a.cid]), Buffer.from([2]), a.cid.bytes, a.bytes])
      const wrong = [
        await carOf([a.cid], { cid: a.cid, bytes: b.bytes }),
        await carOf([], a),
        lying,
        short,
        Buffer.alloc(100),
        Buffer.alloc(0),
        Buffer.from('{"roots":[]}'),
      ]
      for (const car of wrong) expect(await stored(session, car)).toMatchObject({ error_code: 'INVALID_CAR' })
      expect((await session.call('ipfs_block_stat', { cid: a.cid.toString() })).result).toMatchObject({ error_code: 'OFFLINE' })
      const both = { format: 'car', from: `${session.work}/words.txt` }
      for (const args of [{ only_hash: true }, { wrap_with_directory: true }])
        expect((await session.call('ipfs_add', { ...both, ...args })).result).toMatchObject({ error_code: 'INVALID_ARGUMENT' })
      expect((await session.call('ipfs_add', { format: 'car', from: session.work })).result).toMatchObject({ error_code: 'IS_DIRECTORY' })
      expect(session.logged).toEqual([])
    })

    test('may hold blocks that are nested without end, or not of their codec: they are kept as bytes, and pinned by nobody', async () => {
      await using session = await connect()
      const bomb = Buffer.concat([Buffer.alloc(1_000_000, 0x81), Buffer.from([0x01])])
      for (const [codec, bytes] of [
        [0x71, bomb],
        [0x0129, Buffer.from('['.repeat(1_000_000))],
        [0x70, Buffer.from('no protobuf')],
      ] as const) {
        const cid = CID.createV1(codec, CID.parse(rawCid(bytes)).multihash)
        expect(await stored(session, await carOf([cid], { cid, bytes }))).toMatchObject({ error_code: 'INVALID_BLOCK' })
        for (const tool of ['ipfs_dag_get', 'ipfs_refs', 'ipfs_pin_add'])
          expect((await session.call(tool, { cid: cid.toString() })).result).toMatchObject({
            error_code: 'INVALID_BLOCK',
            context: { hint: expect.stringContaining('ipfs_block_get') },
          })
        expect((await session.call('ipfs_block_get', { cid: cid.toString(), length: 10 })).result).toMatchObject({ size: bytes.length })
      }
      expect((await session.call('ipfs_pin_ls')).result).toMatchObject({ pins: [] })
      expect(session.logged).toEqual([])
    })

    test('names more roots than are pinned at once: it is refused before a block is taken, and taken in without pins', async () => {
      await using session = await connect()
      const blocks = await Promise.all(Array.from({ length: 101 }, (_, i) => carBlock({ root: i })))
      const cids = blocks.map(({ cid }) => cid)
      const car = await carOf(cids, ...blocks)
      expect(await stored(session, car)).toMatchObject({ error_code: 'INVALID_ARGUMENT', context: { hint: expect.stringContaining('pin=false') } })
      expect((await session.call('ipfs_block_stat', { cid: String(cids[0]) })).result).toMatchObject({ error_code: 'OFFLINE' })
      const { result } = await session.call('ipfs_add', { from: `${session.work}/x.car`, format: 'car', pin: false })
      expect(result).toMatchObject({ total: 101, roots: cids.slice(0, 100).map(String), roots_more: 1 })
      expect((await session.call('ipfs_pin_ls')).result).toMatchObject({ pins: [] })
      const most = await carOf(cids.slice(0, 100), ...blocks)
      expect(await stored(session, most)).toMatchObject({ status: 'success' })
      expect((await session.call('ipfs_pin_ls')).result).toMatchObject({ made: { recursive: 100 } })
    })

    test('leaves no root pinned if one of them cannot be', async () => {
      await using session = await connect()
      const [a, missing] = [await carBlock('a'), await carBlock('missing')]
      expect(await stored(session, await carOf([a.cid, missing.cid], a))).toMatchObject({ error_code: 'OFFLINE' })
      expect((await session.call('ipfs_pin_ls')).result).toMatchObject({ pins: [] })
      await session.call('ipfs_pin_add', { cid: a.cid.toString() })
      expect(await stored(session, await carOf([a.cid, missing.cid], a))).toMatchObject({ error_code: 'OFFLINE' })
      expect((await session.call('ipfs_pin_ls')).result).toMatchObject({ pins: [{ cid: a.cid.toString() }] })
    })
  })
})

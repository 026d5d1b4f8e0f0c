import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { BaseBlockstore } from 'blockstore-core/base'
import { UnixFS } from 'ipfs-unixfs'
import { importer, type ImportCandidate, type ImporterOptions } from 'ipfs-unixfs-importer'
import { CID } from 'multiformats/cid'
import { identity } from 'multiformats/hashes/identity'
import { sha512 } from 'multiformats/hashes/sha2'
import { describe, expect, test } from 'vitest'
import { bytesOf } from '../../../src/core/bytes.ts'
import type { LocalContent } from '../../../src/content/store.ts'
import { openContentStore } from '../../../src/content/store.ts'
import { cidOf, encodeFile, encodeFolder, encodeShard } from '../../../src/content/unixfs/codec.ts'
import { UnixfsReader, loader } from '../../../src/content/unixfs/index.ts'
import { noise, temporaryFolder, text, withContent } from '../../support/content.ts'

const DAG_PB = 0x70
const RAW = 0x55
const PLAIN = { format: { version: 1, hash: 'sha2-256' }, meta: {} } as const

async function keep(content: LocalContent, cid: CID, block: Uint8Array): Promise<string> {
  const batch = content.blocks.batch()
  await batch.put(cid.multihash.bytes, block)
  await batch.commit()
  return cid.toString()
}

/** What another program, with other rules, puts into our blocks. */
async function imported(content: LocalContent, source: readonly ImportCandidate[], options: ImporterOptions): Promise<string> {
  const store = new (class extends BaseBlockstore {
    override async put(cid: CID, block: Uint8Array): Promise<CID> {
      await keep(content, cid, block)
      return cid
    }
  })()
  let root = ''
  for await (const { cid } of importer(source, store, options)) root = cid.toString()
  return root
}

const bytes = async (size: number) => Buffer.concat(await Array.fromAsync(noise(size)))

describe('DAGs of other programs', () => {
  test('of the old profile are read', async () => {
    await withContent(async (content) => {
      const old: ImporterOptions = { profile: 'unixfs-v0-2015' }
      expect(await imported(content, [{ content: Buffer.from('hello world') }], old)).toBe('Qmf412jQZiuVUtdgnB36FXFX7xg5V6KEbSJ4dpQuhkLyfD')
      expect(await text(content.read('Qmf412jQZiuVUtdgnB36FXFX7xg5V6KEbSJ4dpQuhkLyfD'))).toBe('hello world')
      const body = await bytes(600_000)
      const root = await imported(content, [{ path: 'd/big', content: body }], { ...old, wrapWithDirectory: true })
      const big = await (await reader(content)).resolve(root, ['d', 'big'])
      expect(await content.stat(big)).toMatchObject({ kind: 'file', size: 600_000 })
      expect(Buffer.concat(await Array.fromAsync(content.read(big, { offset: 262_100, length: 300_000 })))).toEqual(body.subarray(262_100, 562_100))
    })
  })

  test.each([4, 6, 8])('with folders sharded %i bits a level are listed and looked up', async (shardFanoutBits) => {
    await withContent(async (content) => {
      const names = Array.from({ length: 300 }, (_, i) => `n${i}`).toSorted()
      const files = names.map((name) => ({ path: `r/${name}`, content: Buffer.from(name) }))
      const root = await imported(content, files, {
        cidVersion: 1,
        rawLeaves: true,
        shardSplitThresholdBytes: 0,
        shardSplitStrategy: 'links-bytes',
        shardFanoutBits,
      })
      expect((await Array.fromAsync(content.list(root))).map(({ name }) => name)).toEqual(names)
      const trees = await reader(content)
      for (const name of ['n0', 'n17', 'n299']) expect(await text(content.read(await trees.resolve(root, [name])))).toBe(name)
      await expect(trees.resolve(root, ['n300'])).rejects.toMatchObject({ code: 'NOT_FOUND' })
      await expect(trees.resolve(root, ['n1', 'below'])).rejects.toMatchObject({ code: 'NOT_DIRECTORY' })
    })
  })

  test('with symbolic links show them as what they are', async () => {
    await withContent(async (content) => {
      const root = await imported(content, [{ path: 'r/l', link: 'target' } as ImportCandidate], { profile: 'unixfs-v1-2025', wrapWithDirectory: true })
      const [folder] = await Array.fromAsync(content.list(root))
      const [link] = await Array.fromAsync(content.list(folder?.cid ?? ''))
      expect(link).toMatchObject({ name: 'l', kind: 'link', size: 6 })
      await expect(text(content.read(link?.cid ?? ''))).rejects.toMatchObject({ code: 'UNSUPPORTED' })
    })
  })

  test('with another hash, or none at all, are read where we can verify them', async () => {
    await withContent(async (content) => {
      const block = Buffer.from('sha512')
      const cid = CID.createV1(RAW, await sha512.digest(block))
      expect(await text(content.read(await keep(content, cid, block)))).toBe('sha512')
      expect(await text(content.read(CID.createV1(RAW, identity.digest(Buffer.from('inlined'))).toString()))).toBe('inlined')
      const blake = CID.parse('bafk2bzaceacufzhhfmkrzaz5ky7kvdx2i3ogqzcqlgzrpcyxqrkkqrmqz3a5o')
      await expect(keep(content, blake, block).then(() => content.stat(blake.toString()))).rejects.toMatchObject({ code: 'UNSUPPORTED' })
    })
  })
})

describe('what is not UnixFS', () => {
  const bad: readonly (readonly [string, number, Uint8Array])[] = [
    ['of another codec', 0x71, Buffer.from([0xa0])],
    ['that is no protobuf', DAG_PB, Buffer.from('garbage garbage')],
    ['without UnixFS in it', DAG_PB, Buffer.from([0x0a, 2, 0xff, 0xff])],
    ['with more sizes than links', DAG_PB, encodeWithSizes()],
  ]
  test.each(bad)('a block %s is refused', async (_, codec, block) => {
    await withContent(async (content) => {
      const cid = await keep(content, cidOf(codec, block), block)
      await expect(content.stat(cid)).rejects.toMatchObject({ code: 'NOT_UNIXFS' })
    })
  })

  test('a file whose parts are not what it says gives no false bytes', async () => {
    await withContent(async (content) => {
      const leaf = Buffer.from('four')
      const link = { name: '', cid: cidOf(RAW, leaf), tsize: 4 }
      await keep(content, link.cid, leaf)
      const file = encodeFile([link], [5], PLAIN)
      await keep(content, file.cid, file.block)
      await expect(text(content.read(file.cid.toString()))).rejects.toMatchObject({ code: 'NOT_UNIXFS' })
      const folder = encodeFolder([], PLAIN)
      await keep(content, folder.cid, folder.block)
      const chimera = encodeFile([{ ...link, cid: folder.cid }], [0], PLAIN)
      await keep(content, chimera.cid, chimera.block)
      expect(await text(content.read(chimera.cid.toString()))).toBe('')
    })
  })

  test('a sharded folder of which one part stands at several places is refused: a few blocks would make names without number', async () => {
    await withContent(async (content) => {
      const shape = { bits: Uint8Array.of(3), fanout: 256, hashType: 0x22 }
      const file = await content.put(bytesOf('x'))
      let shard = encodeShard([{ name: '00x', cid: CID.parse(file.cid), tsize: 1 }], shape, PLAIN)
      await keep(content, shard.cid, shard.block)
      for (let depth = 0; depth < 12; depth++) {
        const { cid } = shard
        shard = encodeShard(
          ['00', '01'].map((name) => ({ name, cid, tsize: 1 })),
          shape,
          PLAIN,
        )
        await keep(content, shard.cid, shard.block)
      }
      await expect(Array.fromAsync(content.list(shard.cid.toString()))).rejects.toMatchObject({ code: 'NOT_UNIXFS' })
    })
  })

  test('a file nested without end is refused', async () => {
    await withContent(async (content) => {
      let cid = cidOf(RAW, Buffer.from('x'))
      await keep(content, cid, Buffer.from('x'))
      for (let depth = 0; depth < 40; depth++) {
        const file = encodeFile([{ name: '', cid, tsize: 1 }], [1], PLAIN)
        await keep(content, file.cid, file.block)
        ;({ cid } = file)
      }
      await expect(text(content.read(cid.toString()))).rejects.toMatchObject({ code: 'NOT_UNIXFS' })
    })
  })
})

describe('a data folder that cannot be used', () => {
  test('is told without saying where it lies', async () => {
    await using folder = await temporaryFolder()
    await writeFile(join(folder.path, 'blocks'), '')
    const refused = await openContentStore({ folder: folder.path }).catch((error: unknown) => error)
    expect(refused).toMatchObject({ code: 'IO_ERROR', message: expect.not.stringContaining(folder.path) })
  })

  test('makes an add fail, and the next one work again', async () => {
    await withContent(async (content, folder) => {
      await rm(join(folder, 'blocks'), { recursive: true })
      await writeFile(join(folder, 'blocks'), '')
      await expect(content.put(noise(3 << 20))).rejects.toMatchObject({ code: 'IO_ERROR' })
      await rm(join(folder, 'blocks'))
      await mkdir(join(folder, 'blocks'))
      const { cid } = await content.put(noise(3 << 20))
      expect(await content.has(cid)).toBe(true)
    })
  })
})

function encodeWithSizes(): Uint8Array {
  const data = new UnixFS({ type: 'file', blockSizes: [1n, 2n] }).marshal()
  return Buffer.concat([Buffer.from([0x0a, data.length]), data])
}

async function reader(content: LocalContent): Promise<UnixfsReader> {
  return new UnixfsReader(loader(async (cid) => (await content.blocks.get(cid.multihash.bytes)) ?? new Uint8Array()))
}

import { readdir, rm, stat, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { encode } from '@ipld/dag-cbor'
import * as dagPb from '@ipld/dag-pb'
import { CID } from 'multiformats/cid'
import { describe, expect, test } from 'vitest'
import { bytesOf } from '../../../src/core/bytes.ts'
import { rawCid } from '../../../src/core/cid.ts'
import type { Root } from '../../../src/content/collect/types.ts'
import { type LocalContent, openContentStore } from '../../../src/content/store.ts'
import { cidOf } from '../../../src/content/unixfs/codec.ts'
import { Database } from '../../../src/sqlite/database.ts'
import { Child } from '../../support/children.ts'
import { noise, temporaryFolder, text, withContent } from '../../support/content.ts'

const MIB = 1 << 20
const SCRIPT = new URL('../../support/guarded.ts', import.meta.url)

const pin = (cid: string): Root => ({ cid, reason: 'pin', recursive: true })

/** `meanwhile` runs when the roots have been read. */
const roots = (kept: readonly Root[], meanwhile?: () => Promise<unknown>) =>
  async function* () {
    yield* kept
    await meanwhile?.()
  }

const add = async (content: LocalContent, words: string): Promise<string> => (await content.put(bytesOf(words))).cid

const filesOf = async (folder: string): Promise<string[]> =>
  (await readdir(join(folder, 'blocks'), { withFileTypes: true, recursive: true }))
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))

/** Of the database of blocks, with its log written into it. */
async function sizeOf(folder: string): Promise<number> {
  const db = new Database(join(folder, 'blocks.db'))
  db.pragma('wal_checkpoint(truncate)')
  db.close()
  return (await stat(join(folder, 'blocks.db'))).size
}

/** One block with this value, which may link to others. */
async function put(content: LocalContent, code: number, block: Uint8Array): Promise<CID> {
  const cid = cidOf(code, block)
  await using batch = content.blocks.batch()
  await batch.put(cid.multihash.bytes, block)
  await batch.commit()
  return cid
}

describe('collection', () => {
  test('frees what no root reaches, in the index and in files, and tells what it kept and why', async () => {
    await withContent(async (content, folder) => {
      const kept = await content.put(noise(3 * MIB, 1))
      const version = await add(content, 'version')
      await content.put(noise(2 * MIB, 2))
      await add(content, 'garbage')
      const collected = await content.collect(roots([pin(kept.cid), { cid: version, reason: 'version', recursive: true }]))
      expect(collected.freed.blocks).toBe(4) // two leaves, their node, and the small one
      expect(collected.freed.bytes).toBeGreaterThan(2 * MIB)
      expect(collected.kept).toMatchObject({ pin: { blocks: 4 }, version: { blocks: 1, bytes: 7 }, mfs: { blocks: 0 }, recent: { blocks: 0 } })
      expect(await filesOf(folder)).toHaveLength(3)
      expect(Buffer.concat(await Array.fromAsync(content.read(kept.cid)))).toHaveLength(3 * MIB)
      expect(await text(content.read(version))).toBe('version')
      expect(await content.collect(roots([pin(kept.cid)]))).toMatchObject({ freed: { blocks: 1, bytes: 7 } })
    })
  })

  test('gives the room of small blocks back to the disk', async () => {
    await withContent(async (content, folder) => {
      const kept = await add(content, 'kept')
      await Promise.all(Array.from({ length: 1000 }, (_, i) => add(content, `${i} `.repeat(2000))))
      const before = await sizeOf(folder)
      expect((await content.collect(roots([pin(kept)]))).freed).toMatchObject({ blocks: 1000 })
      expect(await sizeOf(folder)).toBeLessThan(before / 10)
      expect(await text(content.read(kept))).toBe('kept')
    })
  })

  test('tells beforehand what it would free', async () => {
    await withContent(async (content) => {
      const garbage = await add(content, 'garbage')
      expect(await content.collect(roots([]), { dryRun: true })).toMatchObject({ freed: { blocks: 1, bytes: 7 } })
      expect(await content.has(garbage)).toBe(true)
    })
  })

  test('follows links of every codec, and the same bytes as what each root says that they are', async () => {
    await withContent(async (content) => {
      const [leaf, other] = [await add(content, 'leaf'), await add(content, 'other')]
      const node = await put(content, dagPb.code, dagPb.encode({ Links: [{ Hash: CID.parse(leaf), Name: 'a', Tsize: 4 }] }))
      const top = await put(content, 0x71, encode({ deep: [{ link: node }, { link: CID.parse(other) }] }))
      const asBytes = CID.createV1(0x55, top.multihash)
      await content.collect(roots([{ cid: asBytes.toString(), reason: 'pin', recursive: true }, pin(top.toString())]))
      for (const cid of [leaf, other]) expect(await content.has(cid)).toBe(true)
      const { freed } = await content.collect(roots([{ cid: top.toString(), reason: 'pin', recursive: false }]))
      expect(freed.blocks).toBe(3)
      expect(await content.has(asBytes.toString())).toBe(true)
    })
  })

  test('takes the files that a failed add left because another process was writing too', async () => {
    await withContent(async (content, folder) => {
      await expect(content.put(failing(noise(3 * MIB)))).rejects.toThrow('source died')
      expect(await filesOf(folder)).toEqual([])
      await using other = await openContentStore({ folder })
      const guard = await other.guard()
      await expect(content.put(failing(noise(3 * MIB)))).rejects.toThrow('source died')
      const left = await filesOf(folder)
      expect(left.length).toBeGreaterThan(0)
      expect(await content.collect(roots([]))).toMatchObject({ freed: { blocks: 0 } }) // who knows whose they are
      await guard[Symbol.asyncDispose]()
      await other.put(bytesOf('the end of the guard is committed'))
      expect((await content.collect(roots([]))).freed.bytes).toBeGreaterThanOrEqual(MIB)
      expect(await filesOf(folder)).toEqual([])
    })
  })

  test('heals what a crash of an earlier one left: a file without its row, and a row without its file', async () => {
    await withContent(async (content, folder) => {
      const { cid } = await content.put(noise(MIB))
      const [file = ''] = await filesOf(folder)
      await unlink(file)
      expect(await content.collect(roots([]))).toMatchObject({ freed: { blocks: 1 } })
      await content.put(noise(MIB))
      expect(await content.has(cid)).toBe(true)
      await writeFile(file.replace(/[0-9a-f]+$/, `${'0'.repeat(66)}${file.slice(-2)}`), 'stray')
      expect(await content.collect(roots([pin(cid)]))).toMatchObject({ freed: { blocks: 1, bytes: 5 } })
    })
  })

  test('is refused while another one runs', async () => {
    await withContent(async (content, folder) => {
      await using other = await openContentStore({ folder })
      const inside = async (): Promise<void> => expect(other.collect(roots([]))).rejects.toMatchObject({ code: 'BUSY' })
      await content.collect(roots([], inside))
      await other.collect(roots([]))
    })
  })

  test('that is cancelled leaves everything usable, and another one may begin', async () => {
    await withContent(async (content) => {
      const [kept, garbage] = [await add(content, 'kept'), await add(content, 'garbage')]
      const cancel = new AbortController()
      const collecting = content.collect(
        roots([pin(kept)], async () => cancel.abort()),
        { signal: cancel.signal },
      )
      await expect(collecting).rejects.toMatchObject({ code: 'CANCELLED' })
      expect(await content.has(garbage)).toBe(true)
      expect(await content.collect(roots([pin(kept)]))).toMatchObject({ freed: { blocks: 1 } })
    })
  })
})

describe('while others write', () => {
  test('what is put again after the roots were read stays, small or large, and is whole', async () => {
    await withContent(async (content, folder) => {
      await using other = await openContentStore({ folder })
      const [small, large] = [await add(content, 'again'), (await content.put(noise(2 * MIB))).cid]
      const again = async (): Promise<void> => {
        await add(other, 'again')
        await other.put(noise(2 * MIB))
      }
      expect(await content.collect(roots([], again))).toMatchObject({ freed: { blocks: 0 }, kept: { recent: { blocks: 4 } } })
      expect(await text(other.read(small))).toBe('again')
      expect(Buffer.concat(await Array.fromAsync(content.read(large)))).toHaveLength(2 * MIB)
      expect(await content.collect(roots([]))).toMatchObject({ freed: { blocks: 4 } })
    })
  })

  test('what an open operation has put stays until it ends, over any number of collections', async () => {
    await withContent(async (content, folder) => {
      await using other = await openContentStore({ folder })
      const old = await add(other, 'before')
      await content.collect(roots([pin(old)]))
      const guard = await other.guard()
      const [fresh, again] = [await add(other, 'fresh'), await add(other, 'before')]
      for (let i = 0; i < 3; i++) expect(await content.collect(roots([]))).toMatchObject({ freed: { blocks: 0 } })
      for (const cid of [fresh, again]) expect(await content.has(cid)).toBe(true)
      await guard[Symbol.asyncDispose]()
      await other[Symbol.asyncDispose]()
      expect(await content.collect(roots([]))).toMatchObject({ freed: { blocks: 2 } })
    })
  })

  test('an operation that begins later keeps nothing that was there before', async () => {
    await withContent(async (content) => {
      await using outer = await content.guard()
      await add(content, 'first')
      await content.collect(roots([]))
      await using inner = await content.guard()
      await outer[Symbol.asyncDispose]()
      await add(content, 'second')
      expect(inner.generation).toBeGreaterThan(outer.generation)
      expect(await content.collect(roots([]))).toMatchObject({ freed: { blocks: 1, bytes: 5 }, kept: { recent: { bytes: 6 } } })
    })
  })

  test.each(['before', 'after'])('what an operation names %s the beginning stays with all that lies below', async (when) => {
    await withContent(async (content, folder) => {
      await using other = await openContentStore({ folder })
      const { cid } = await content.put(noise(2 * MIB))
      await content.collect(roots([pin(cid)])) // so that its generation is an old one
      await using stack = new AsyncDisposableStack()
      const name = async (): Promise<void> => void stack.use(await other.guard(cid))
      if (when === 'before') await name()
      await content.collect(roots([], when === 'after' ? name : undefined))
      expect(Buffer.concat(await Array.fromAsync(content.read(cid)))).toHaveLength(2 * MIB)
    })
  })

  test('what an operation names beside a collection is what is here of it: a damaged node holds up neither', async () => {
    await withContent(async (content, folder) => {
      await using other = await openContentStore({ folder })
      const { cid } = await content.put(noise(2 * MIB))
      const name = async (): Promise<void> => {
        const index = new Database(join(folder, 'blocks.db'))
        expect(index.run('UPDATE block SET content = zeroblob(size) WHERE multihash = ?', CID.parse(cid).multihash.bytes)).toBe(1)
        index.close()
        const guard = await other.guard(cid)
        await guard[Symbol.asyncDispose]()
      }
      await content.collect(roots([], name))
      await other.blocks.settled()
      expect(await content.collect(roots([]))).toMatchObject({ kept: { recent: { blocks: 0 } } })
      expect(await filesOf(folder)).toEqual([])
    })
  })

  test('an operation ends with its process', async () => {
    await withContent(async (content, folder) => {
      const child = new Child(SCRIPT, folder)
      const cid = await child.line()
      expect(await content.collect(roots([]))).toMatchObject({ freed: { blocks: 0 }, kept: { recent: { blocks: 2 } } })
      await child.kill()
      expect(await content.collect(roots([]))).toMatchObject({ freed: { blocks: 2 } })
      expect(await content.has(cid)).toBe(false)
      expect(await readdir(join(folder, 'run'))).not.toContain(expect.stringContaining('-'))
    })
  })
})

describe('what cannot be read', () => {
  test.each([
    ['a lost row', (db: Database) => db.run('DELETE FROM block WHERE size < 1000'), 'NOT_FOUND'],
    ['a row of another size', (db: Database) => db.run('UPDATE block SET size = size + 1 WHERE size < 1000'), 'INVALID_BLOCK'],
    ['a damaged node', (db: Database) => db.run('UPDATE block SET content = zeroblob(size) WHERE size < 1000'), 'INVALID_BLOCK'],
  ])('%s below a pin: nothing is freed until it is healed', async (_, damage, code) => {
    await withContent(async (content, folder) => {
      const { cid } = await content.put(noise(2 * MIB))
      const db = new Database(join(folder, 'blocks.db'))
      damage(db)
      db.close()
      await expect(content.collect(roots([pin(cid)]))).rejects.toMatchObject({ code, hint: expect.stringContaining('Pin it again') })
      await expect(content.collect(roots([pin(cid)]))).rejects.toMatchObject({ code: 'NOT_FOUND' })
      await content.put(noise(2 * MIB))
      expect(await content.collect(roots([pin(cid)]))).toMatchObject({ freed: { blocks: 0 }, missing: 0 })
      expect(Buffer.concat(await Array.fromAsync(content.read(cid)))).toHaveLength(2 * MIB)
    })
  })

  test('a node below the tree that never was here is told, and nothing else is lost for it', async () => {
    await withContent(async (content) => {
      const away = await content.put(noise(2 * MIB), { onlyHash: true })
      const here = await add(content, 'here')
      const folder = await put(
        content,
        dagPb.code,
        dagPb.encode({ Links: [away.cid, here].map((cid, i) => ({ Hash: CID.parse(cid), Name: `${i}`, Tsize: 1 })) }),
      )
      const collected = await content.collect(roots([{ cid: folder.toString(), reason: 'mfs', recursive: true }]))
      expect(collected).toMatchObject({ freed: { blocks: 0 }, missing: 1 })
      expect(await content.has(here)).toBe(true)
    })
  })

  test('a block that is not of its codec is a leaf', async () => {
    await withContent(async (content) => {
      const cid = await put(content, 0x71, Buffer.from('not cbor'))
      expect(await content.collect(roots([pin(cid.toString())]))).toMatchObject({ freed: { blocks: 0 } })
    })
  })

  test('a folder of blocks that is gone is a store without large blocks', async () => {
    await using folder = await temporaryFolder()
    await using content = await openContentStore({ folder: folder.path })
    await content.put(noise(MIB))
    await rm(join(folder.path, 'blocks'), { recursive: true })
    expect(await content.collect(roots([]))).toMatchObject({ freed: { blocks: 1 } })
    expect(await content.has(rawCid(Buffer.from('x')))).toBe(false)
  })
})

async function* failing(source: AsyncIterable<Uint8Array>) {
  yield* source
  throw new Error('source died')
}

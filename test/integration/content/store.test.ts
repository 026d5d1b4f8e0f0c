import { readdir, readFile, truncate, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { BlackHoleBlockstore } from 'blockstore-core/black-hole'
import { CID } from 'multiformats/cid'
import { importer, type ImportCandidate } from 'ipfs-unixfs-importer'
import { describe, expect, test } from 'vitest'
import type { Bytes } from '../../../src/core/backend.ts'
import { bytesOf } from '../../../src/core/bytes.ts'
import { rawCid } from '../../../src/core/cid.ts'
import { cidOfContent, ContentHasher, hashing } from '../../../src/content/hashing.ts'
import { openContentStore } from '../../../src/content/store.ts'
import type { Source } from '../../../src/content/types.ts'
import { Database } from '../../../src/sqlite/database.ts'
import { noise, overwriting, temporaryFolder, text, withContent } from '../../support/content.ts'

const MIB = 1 << 20
const bytes = async (size: number, seed?: number) => Buffer.concat(await Array.fromAsync(noise(size, seed)))

/** What another implementation of the profile says. */
async function reference(source: Iterable<ImportCandidate>): Promise<string> {
  let cid = ''
  for await (const entry of importer(source, new BlackHoleBlockstore(), { profile: 'unixfs-v1-2025' })) cid = entry.cid.toString()
  return cid
}

async function* sourcesOf(files: Iterable<readonly [string, string | undefined]>): AsyncGenerator<Source> {
  for (const [path, content] of files) yield content === undefined ? { path } : { path, content: bytesOf(content) }
}

describe('files', () => {
  test.each([0, 1, MIB - 1, MIB, MIB + 1, 3 * MIB + 7])('of %i bytes come back whole and in ranges, with the CID of the profile', async (size) => {
    await withContent(async (content) => {
      const expected = await bytes(size)
      const node = await content.put(noise(size))
      expect(node).toMatchObject({ cid: await reference([{ content: expected }]), kind: 'file', size })
      expect(await content.stat(node.cid)).toEqual(node)
      expect(Buffer.concat(await Array.fromAsync(content.read(node.cid)))).toEqual(expected)
      for (const [offset, length] of [
        [0, 1],
        [MIB - 1, 2],
        [MIB + 1, MIB],
        [size, 5],
        [size + 9, 5],
        [5, 0],
      ] as const) {
        const range = Buffer.concat(await Array.fromAsync(content.read(node.cid, { offset, length })))
        expect(range.equals(expected.subarray(offset, offset + length))).toBe(true)
      }
    })
  })

  test('of more than 1,024 leaves have a second level, and parts of any size give the same CID', async () => {
    await withContent(async (content) => {
      const size = 1025 * MIB
      const whole = await content.put(zeros(size, 5 * MIB + 3))
      expect(whole.cid).toBe(await reference([{ content: zeros(size, MIB) }]))
      expect(await content.put(zeros(size, 3 * MIB - 1), { onlyHash: true })).toEqual(whole)
      expect((await Array.fromAsync(content.read(whole.cid, { offset: 1024 * MIB - 1 }))).reduce((n, part) => n + part.length, 0)).toBe(MIB + 1)
    })
  })
})

test.each(['unixfs-v1-2025', 'unixfs-v0-2015'] as const)('a source of %s may write its part over, also where most of it is here', async (profile) => {
  await withContent(async (content) => {
    const before = await bytes(20 * MIB + 5)
    const after = Buffer.from(before)
    after.fill('x', 7 * MIB, 8 * MIB)
    for (const one of [before, after, before]) {
      const { cid } = await content.put(overwriting(bytesOf(...pieces(one))), { profile })
      expect(Buffer.concat(await Array.fromAsync(content.read(cid))).equals(one)).toBe(true)
    }
    const tree = [before, after].map((one, at): Source => ({ path: `${at}`, content: overwriting(bytesOf(...pieces(one))) }))
    const added = await Array.fromAsync(content.putTree(each(tree), { profile }))
    expect(Buffer.concat(await Array.fromAsync(content.read(added.find(({ name }) => name === '1')?.cid ?? ''))).equals(after)).toBe(true)
  })
})

describe('hashing without storing', () => {
  test('sees the content go by and knows its CID at the end', async () => {
    await withContent(async (content) => {
      for (const size of [0, MIB, 2 * MIB + 1, 8 * MIB, 8 * MIB + 1, 25 * MIB, 40 * MIB + 7]) {
        const hasher = new ContentHasher()
        const node = await content.put(hashing(noise(size), hasher))
        expect(await hasher.result()).toMatchObject({ cid: node.cid, size })
      }
    })
  })

  test('of many at the same time tells each its own, also where a source writes its part over', async () => {
    await withContent(async (content) => {
      const sizes = [12, 17, 20, 33].map((size) => size * MIB + size)
      const told = await Promise.all(sizes.map((size) => cidOfContent(overwriting(noise(size)))))
      const stored: string[] = []
      for (const size of sizes) stored.push((await content.put(noise(size))).cid)
      expect(told).toEqual(stored)
    })
  })

  test('keeps nothing', async () => {
    await withContent(async (content) => {
      const { cid } = await content.put(bytesOf('secret'), { onlyHash: true })
      expect(await content.has(cid)).toBe(false)
      const nodes = await Array.fromAsync(content.putTree(sourcesOf([['a', 'x']]), { onlyHash: true }))
      expect(nodes.map(({ name }) => name)).toEqual(['a', ''])
      for (const node of nodes) expect(await content.has(node.cid)).toBe(false)
    })
  })
})

describe('trees', () => {
  test('have the CIDs of the profile, names in any order, empty folders and files included', async () => {
    await withContent(async (content) => {
      const files = [
        ['z', 'last'],
        ['a/ü/🙂', 'deep'],
        ['a/b', ''],
        ['\uffee', 'x'],
        ['a b', 'y'],
      ] as const
      const nodes = await Array.fromAsync(content.putTree(sourcesOf([...files, ['empty', undefined]])))
      const root = nodes.at(-1)
      expect(root).toMatchObject({ name: '', kind: 'directory' })
      const expected = await reference([{ path: 'r/empty' }, ...files.map(([path, body]) => ({ path: `r/${path}`, content: Buffer.from(body) }))])
      expect(root?.cid).toBe(expected)
      const listed = await Array.fromAsync(content.list(expected))
      expect(listed.map(({ name, kind }) => [name, kind])).toEqual([
        ['a', 'directory'],
        ['a b', 'file'],
        ['empty', 'directory'],
        ['z', 'file'],
        ['\uffee', 'file'],
      ])
      expect((await Array.fromAsync(content.list(expected, { after: 'a b' }))).map(({ name }) => name)).toEqual(['empty', 'z', '\uffee'])
      expect(await content.stat(expected)).toMatchObject({ kind: 'directory', size: root?.size })
    })
  })

  test('list files and folders together in their order, after any name', async () => {
    await withContent(async (content) => {
      const names = Array.from({ length: 100 }, (_, i) => `n-${String(i).padStart(3, '0')}`)
      const files = names.map((name, i) => (i % 3 === 0 ? [`${name}/inside`, name] : [name, name]) as readonly [string, string])
      const root = (await Array.fromAsync(content.putTree(sourcesOf(files)))).at(-1)?.cid ?? ''
      for (const after of [undefined, 'n-000', 'n-001', 'n-050', 'n-098', 'n-099']) {
        const listed = await Array.fromAsync(content.list(root, { after }), ({ name, kind }) => [name, kind])
        const expected = names.map((name, i) => [name, i % 3 === 0 ? 'directory' : 'file'])
        expect(listed).toEqual(after === undefined ? expected : expected.filter(([name = '']) => name > after))
      }
    })
  })

  test('with a folder of 20,000 files shard it as the profile says', async () => {
    await withContent(async (content) => {
      const files = Array.from({ length: 20_000 }, (_, i) => [`some-file-${i}`, 'x'] as const)
      const root = (await Array.fromAsync(content.putTree(sourcesOf(files)))).at(-1)?.cid ?? ''
      expect(root).toBe(await reference(files.map(([path, body]) => ({ path: `r/${path}`, content: Buffer.from(body) }))))
      const names = (await Array.fromAsync(content.list(root))).map(({ name }) => name)
      expect(names).toEqual(files.map(([path]) => path).toSorted())
    })
  })

  test('count folders too when they decide to shard', async () => {
    await withContent(async (content) => {
      const names = Array.from({ length: 6000 }, (_, i) => `a-folder-with-a-name-${i}`)
      const empty = (await Array.fromAsync(content.putTree(sourcesOf(names.map((name) => [name, undefined]))))).at(-1)?.cid ?? ''
      expect(empty).toBe(await reference(names.map((name) => ({ path: `r/${name}` }))))
      const full = (await Array.fromAsync(content.putTree(sourcesOf(names.map((name) => [`${name}/f`, 'x']))))).at(-1)?.cid ?? ''
      expect((await content.blocks.get(CID.parse(full).multihash.bytes))?.length).toBeLessThan(256 << 10)
      expect(await Array.fromAsync(content.list(full))).toHaveLength(names.length)
    })
  })

  test('are told in order and counted, though several files are read at once', async () => {
    await withContent(async (content) => {
      const files = Array.from({ length: 30 }, (_, i) => [`f${i}`, 'x'.repeat(30 - i)] as const)
      const counts: number[] = []
      const nodes = await Array.fromAsync(content.putTree(sourcesOf(files), { onProgress: (done) => counts.push(done) }))
      expect(nodes.map(({ name }) => name)).toEqual([...files.map(([path]) => path), ''])
      expect(counts).toEqual(counts.toSorted((a, b) => a - b))
      expect(counts.at(-1)).toBe(465)
    })
  })

  test('end with the first source that fails', async () => {
    await withContent(async (content) => {
      const told: string[] = []
      const adding = async (): Promise<void> => {
        for await (const { name } of content.putTree(half())) told.push(name)
      }
      await expect(adding()).rejects.toThrow('source died')
      expect(told).toEqual(['before'])
    })
  })

  test('refuse paths that are no names, and a path that is two things', async () => {
    await withContent(async (content) => {
      const add = (...paths: string[]) => Array.fromAsync(content.putTree(sourcesOf(paths.map((path) => [path, 'x']))))
      for (const path of ['', 'a//b', '../a', 'a/.', '/a', 'a\0']) await expect(add(path)).rejects.toMatchObject({ code: 'INVALID_PATH' })
      await expect(add('a', 'a/b')).rejects.toMatchObject({ code: 'ALREADY_EXISTS' })
      await expect(add('a/b', 'a')).rejects.toMatchObject({ code: 'ALREADY_EXISTS' })
    })
  })
})

describe('what is not here', () => {
  test('rejects at once', async () => {
    await withContent(async (content) => {
      const big = await content.put(noise(2 * MIB), { onlyHash: true })
      for (const cid of [rawCid(Buffer.from('nowhere')), big.cid]) {
        await expect(content.stat(cid)).rejects.toMatchObject({ code: 'NOT_FOUND' })
        await expect(text(content.read(cid))).rejects.toMatchObject({ code: 'NOT_FOUND' })
      }
    })
  })

  test.each(['', 'hello', 'Qm', '../etc/passwd', 'bafkreigibberish'])('%j is not a CID', async (bad) => {
    await withContent(async (content) => {
      await expect(content.stat(bad)).rejects.toMatchObject({ code: 'INVALID_CID' })
      await expect(content.has(bad)).rejects.toMatchObject({ code: 'INVALID_CID' })
    })
  })
})

describe('damage', () => {
  const largest = async (folder: string): Promise<string> => {
    for (const entry of await readdir(join(folder, 'blocks'), { withFileTypes: true, recursive: true }))
      if (entry.isFile()) return join(entry.parentPath, entry.name)
    throw new Error('no block has a file')
  }

  test.each(['flipped', 'shortened', 'lengthened', 'lost'])('a %s block is never given out, and adding the content again heals it', async (how) => {
    await withContent(async (content, folder) => {
      const { cid } = await content.put(noise(MIB))
      const file = await largest(folder)
      const sound = await readFile(file)
      if (how === 'flipped') await writeFile(file, sound.fill(sound.at(5) === 0 ? 1 : 0, 5, 6))
      else if (how === 'lost') await unlink(file)
      else await truncate(file, how === 'shortened' ? 10 : MIB + 10)
      await expect(text(content.read(cid))).rejects.toMatchObject({ code: 'INVALID_BLOCK', retryable: true })
      await expect(text(content.read(cid))).rejects.toMatchObject({ code: 'NOT_FOUND' })
      await content.put(noise(MIB))
      expect(rawCid(Buffer.concat(await Array.fromAsync(content.read(cid))))).toBe(cid)
    })
  })

  const change = (folder: string, sql: string): void => {
    const db = new Database(join(folder, 'blocks.db'))
    expect(db.run(sql)).toBe(1)
    db.close()
  }

  test.each(['with a checksum', 'from before there were checksums'])('a flipped byte of a small block is noticed, %s', async (which) => {
    await withContent(async (content, folder) => {
      const { cid } = await content.put(bytesOf('hello'))
      if (which !== 'with a checksum') change(folder, 'UPDATE block SET crc = NULL')
      expect(await text(content.read(cid))).toBe('hello')
      change(folder, "UPDATE block SET content = x'68656c6c70'")
      await expect(text(content.read(cid))).rejects.toMatchObject({ code: 'INVALID_BLOCK', retryable: true })
      await content.put(bytesOf('hello'))
      expect(await text(content.read(cid))).toBe('hello')
    })
  })

  test('a flipped byte of a block that has a file and no checksum is noticed', async () => {
    await withContent(async (content, folder) => {
      const { cid } = await content.put(noise(MIB))
      change(folder, 'UPDATE block SET crc = NULL')
      const file = await largest(folder)
      const sound = await readFile(file)
      await writeFile(file, sound.fill(sound.at(5) === 0 ? 1 : 0, 5, 6))
      await expect(text(content.read(cid))).rejects.toMatchObject({ code: 'INVALID_BLOCK', retryable: true })
    })
  })
})

describe('sharing', () => {
  test('another process of the folder has the content as soon as it is added', async () => {
    await using folder = await temporaryFolder()
    await using one = await openContentStore({ folder: folder.path })
    await using other = await openContentStore({ folder: folder.path })
    const [small, large] = await Promise.all([one.put(bytesOf('small')), one.put(noise(MIB))])
    expect(await text(other.read(small.cid))).toBe('small')
    expect(await other.has(large.cid)).toBe(true)
  })

  test('a source that fails leaves nothing to be found', async () => {
    await withContent(async (content) => {
      await expect(content.put(failing(noise(MIB + 1)))).rejects.toThrow('source died')
      expect(await content.has(rawCid(await bytes(MIB)))).toBe(false)
    })
  })

  test('a cancelled call stops', async () => {
    await withContent(async (content) => {
      const signal = AbortSignal.abort()
      await expect(content.put(noise(3 * MIB), { signal })).rejects.toMatchObject({ code: 'CANCELLED' })
      const { cid } = await content.put(noise(3 * MIB))
      await expect(Array.fromAsync(content.read(cid, { signal }))).rejects.toMatchObject({ code: 'CANCELLED' })
    })
  })
})

async function* half(): AsyncGenerator<Source> {
  yield { path: 'before', content: bytesOf('x') }
  yield { path: 'failing', content: failing(bytesOf('y')) }
  for (let i = 0; i < 30; i++) yield { path: `after-${i}`, content: bytesOf('z') }
}

async function* failing(source: Bytes): Bytes {
  yield* source
  throw new Error('source died')
}

async function* zeros(size: number, part: number) {
  const buffer = Buffer.alloc(part)
  for (let left = size; left > 0; left -= part) yield buffer.subarray(0, Math.min(part, left))
}

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items
}

/** None as long as a leaf, nor a part of one. */
const pieces = (whole: Buffer): Buffer[] =>
  Array.from({ length: Math.ceil(whole.length / 700_001) }, (_, at) => whole.subarray(at * 700_001, (at + 1) * 700_001))

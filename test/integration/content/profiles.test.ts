import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { BlackHoleBlockstore } from 'blockstore-core/black-hole'
import * as fc from 'fast-check'
import { importer, type ImportCandidate, type ImporterOptions } from 'ipfs-unixfs-importer'
import { fixedSize } from 'ipfs-unixfs-importer/chunker'
import { balanced } from 'ipfs-unixfs-importer/layout'
import { beforeEach, describe, expect, test } from 'vitest'
import { bytesOf } from '../../../src/core/bytes.ts'
import type { LocalContent } from '../../../src/content/store.ts'
import type { AddOptions, ProfileName, Source } from '../../../src/content/types.ts'
import { noise, temporaryFolder, text, withContent } from '../../support/content.ts'
import { diskTree, dress, plant, type Preserving, sourcesOf } from '../../support/disk-tree.ts'
import { needsKubo } from '../../support/kubo.ts'
import { KuboAdd } from '../../support/kubo-add.ts'

const V0 = 'unixfs-v0-2015'
const V1 = 'unixfs-v1-2025'
const KIB = 1 << 10
const MIB = 1 << 20

const rootOf = async (content: LocalContent, sources: AsyncIterable<Source>, options?: AddOptions): Promise<string> =>
  (await Array.fromAsync(content.putTree(sources, options))).at(-1)?.cid ?? ''

async function* each(sources: readonly Source[]): AsyncGenerator<Source> {
  yield* sources
}

/** The library has a profile of 2015 too, whose settings it overrides itself. */
const LIBRARY: Record<ProfileName, ImporterOptions> = {
  [V1]: { profile: V1 },
  [V0]: { cidVersion: 0, rawLeaves: false, chunker: fixedSize({ chunkSize: 256 * KIB }), layout: balanced({ maxChildrenPerNode: 174 }) },
}

async function reference(source: Iterable<ImportCandidate>, profile: ProfileName): Promise<string> {
  let cid = ''
  for await (const entry of importer(source, new BlackHoleBlockstore(), LIBRARY[profile])) cid = entry.cid.toString()
  return cid
}

describe('profile unixfs-v0-2015', () => {
  test('gives the published answer', async () => {
    await withContent(async (content) => {
      const { cid } = await content.put(bytesOf('hello world'), { profile: V0 })
      expect(cid).toBe('Qmf412jQZiuVUtdgnB36FXFX7xg5V6KEbSJ4dpQuhkLyfD')
      expect(await text(content.read(cid))).toBe('hello world')
    })
  })

  test.each([0, 1, 256 * KIB, 256 * KIB + 1, 174 * 256 * KIB + 1])('cuts %i bytes as the library does, and reads them back', async (size) => {
    await withContent(async (content) => {
      const expected = await reference([{ content: noise(size) }], V0)
      const node = await content.put(noise(size), { profile: V0 })
      expect(node).toMatchObject({ cid: expected, size })
      expect(await content.put(noise(size), { profile: V0, onlyHash: true })).toEqual(node)
      expect(await content.stat(node.cid)).toEqual(node)
      const back = Buffer.concat(await Array.fromAsync(content.read(node.cid)))
      expect(back.equals(Buffer.concat(await Array.fromAsync(noise(size))))).toBe(true)
    })
  })
})

describe('metadata', () => {
  const modified = new Date('2024-01-02T03:04:05.125Z')

  test.each([10, MIB, 3 * MIB])('of a file of %i bytes is as in the library, and told', async (size) => {
    await withContent(async (content) => {
      const meta = { mode: 0o640, modified }
      const node = await content.put(noise(size), meta)
      const mtime = { secs: BigInt(Math.floor(modified.getTime() / 1000)), nsecs: 125_000_000 }
      expect(node.cid).toBe(await reference([{ content: noise(size), mode: 0o640, mtime }], V1))
      expect(node).toMatchObject({ size, ...meta })
      expect(await content.stat(node.cid)).toEqual(node)
      expect(await content.put(noise(size), { ...meta, onlyHash: true })).toEqual(node)
      expect(Buffer.concat(await Array.fromAsync(content.read(node.cid)))).toHaveLength(size)
    })
  })

  test('before 1970, and a mode that is the usual one, come back', async () => {
    await withContent(async (content) => {
      const meta = { mode: 0o644, modified: new Date(-1500) }
      expect(await content.stat((await content.put(bytesOf('x'), meta)).cid)).toMatchObject(meta)
    })
  })

  test('of folders, sharded ones too, links and the root stands in a listing', async () => {
    await withContent(async (content) => {
      const many = Array.from({ length: 6000 }, (_, i): Source => ({ path: `d/some-file-with-a-name-${i}`, content: bytesOf('x') }))
      const sources: Source[] = [{ path: '', mode: 0o711 }, { path: 'd', mode: 0o701, modified }, { path: 'l', target: 'd/x', modified }, ...many]
      const root = await rootOf(content, each(sources))
      expect(await content.stat(root)).toMatchObject({ kind: 'directory', mode: 0o711 })
      expect(await Array.fromAsync(content.list(root))).toMatchObject([
        { name: 'd', kind: 'directory', mode: 0o701, modified },
        { name: 'l', kind: 'link', size: 3, modified },
      ])
    })
  })
})

test('a tree is built over parts that are there already', async () => {
  await withContent(async (content) => {
    const file = await content.put(noise(2 * MIB))
    const folder = (await Array.fromAsync(content.putTree(each([{ path: 'f', content: bytesOf('x') }])))).at(-1)
    if (!folder) throw new Error('no folder')
    const built: Source[] = [
      { path: 'a/file', built: file },
      { path: 'b', built: folder },
    ]
    const anew: Source[] = [
      { path: 'a/file', content: noise(2 * MIB) },
      { path: 'b/f', content: bytesOf('x') },
    ]
    expect(await rootOf(content, each(built))).toBe(await rootOf(content, each(anew)))
  })
})

test.each([
  [{ version: 0, hash: 'sha2-256' }, /^Qm/],
  [{ version: 1, hash: 'sha2-512' }, /^bafybg/],
] as const)('folders get CIDs of another format: %j', async (folders, form) => {
  await withContent(async (content) => {
    const nodes = await Array.fromAsync(content.putTree(each([{ path: 'a/f', content: bytesOf('x') }]), { folders }))
    expect(nodes.filter(({ kind }) => kind === 'directory').map(({ cid }) => cid)).toEqual([expect.stringMatching(form), expect.stringMatching(form)])
    expect(await Array.fromAsync(content.list(nodes.at(-1)?.cid ?? ''))).toMatchObject([{ name: 'a' }])
  })
})

describe('ipfs add of Kubo', () => {
  beforeEach(needsKubo)

  test.each([V0, V1] as const)('gives the same CIDs by profile %s, whatever the names', async (profile) => {
    await using kubo = await KuboAdd.open(profile)
    await withContent(async (content, folder) => {
      let round = 0
      await fc.assert(
        fc.asyncProperty(diskTree, async (tree) => {
          const path = join(folder, `tree-${round++}`)
          await plant(path, tree)
          expect(await rootOf(content, sourcesOf(path), { profile, onlyHash: true })).toBe(await kubo.add(path))
        }),
        { numRuns: 15 },
      )
    })
  })

  test.each([V0, V1] as const)('shards a large folder as profile %s does', async (profile) => {
    await using kubo = await KuboAdd.open(profile)
    await withContent(async (content, folder) => {
      const path = join(folder, 'large')
      await mkdir(path)
      for (let i = 0; i < 5000; i++) await writeFile(join(path, `a-name-that-is-long-enough-${i}`), 'x')
      expect(await rootOf(content, sourcesOf(path), { profile, onlyHash: true })).toBe(await kubo.add(path))
    })
  })

  // Kubo keeps metadata only without raw leaves, so of larger files the leaves would differ
  test.each([{ modes: true, times: true }, { modes: true }, { times: true }] as Preserving[])('keeps the same metadata: %j', async (preserving) => {
    await using kubo = await KuboAdd.open(V0)
    const flags = [...(preserving.modes ? ['--preserve-mode'] : []), ...(preserving.times ? ['--preserve-mtime'] : [])]
    await using folder = await temporaryFolder()
    await withContent(async (content) => {
      let round = 0
      await fc.assert(
        fc.asyncProperty(diskTree, async (tree) => {
          const path = join(folder.path, `tree-${round++}`)
          await plant(path, tree)
          await symlink('elsewhere', join(path, 'a-link'))
          await writeFile(join(path, 'large'), await Array.fromAsync(noise(300 * KIB)))
          await dress(path)
          expect(await rootOf(content, sourcesOf(path, preserving), { profile: V0, onlyHash: true })).toBe(await kubo.add(path, flags))
        }),
        { numRuns: 8 },
      )
    })
  })
})

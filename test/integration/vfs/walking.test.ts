import { expect, test } from 'vitest'
import { MemoryBackend } from '../../../backends/memory/memory.ts'
import type { Entry, ListOptions, Stat } from '../../../src/core/backend.ts'
import { BaseBackend, READ_ONLY } from '../../../src/core/base.ts'
import { bytesOf } from '../../../src/core/bytes.ts'
import { join, ROOT, segments, type VfsPath, vfsPath } from '../../../src/core/path.ts'
import { call, openTestVfs } from '../../support/vfs.ts'

const MANY = 20_000
/** What may be listed before it is asked for. */
const AHEAD = 1_000
const ENTRY = { size: 0, modified: new Date(0), etag: 'e' }
const BIG = vfsPath('/big')

/** A folder of very many folders, each of which holds one file; it counts how far it was listed, and what is open. */
class Many extends BaseBackend {
  readonly scheme = 'many'
  readonly volume = 'many'
  readonly capabilities = READ_ONLY
  listed = 0
  open = 0

  async stat(path: VfsPath): Promise<Stat> {
    return { ...ENTRY, kind: path === ROOT || path.lastIndexOf('/') === 0 ? 'directory' : 'file' }
  }

  async *read(): AsyncGenerator<Uint8Array> {}

  async *list(path: VfsPath): AsyncIterable<Entry> {
    this.open++
    try {
      yield* path === ROOT ? this.#folders() : [{ ...ENTRY, name: 'file', kind: 'file' } as const]
    } finally {
      this.open--
    }
  }

  *#folders(): Iterable<Entry> {
    while (this.listed < MANY) yield { ...ENTRY, name: String(this.listed++).padStart(6, '0'), kind: 'directory' }
  }
}

test.each([true, false])('a walk lists no further than a piece ahead, whatever the size of a folder (ignored: %s)', async (ignored) => {
  const many = new Many()
  await using tree = await openTestVfs({ '/big': many })
  let folders = 0
  for await (const { kind } of tree.vfs.walk(BIG, { ...call, ignored })) {
    if (kind === 'directory') folders++
    if (many.listed - folders > AHEAD || many.open > 1) throw new Error(`${many.listed} listed when ${folders} were seen, ${many.open} listings open`)
  }
  expect({ folders, open: many.open }).toEqual({ folders: MANY, open: 0 })
})

/** A folder of very many files, which begins where it is asked to; it counts what it was asked for. */
class Paged extends Many {
  readonly #names = Array.from({ length: MANY }, (_, i) => String(i).padStart(6, '0'))

  override async *list(_: VfsPath, { after = '' }: ListOptions = {}): AsyncIterable<Entry> {
    for (const name of this.#names.slice(this.#names.findIndex((each) => each > after))) {
      this.listed++
      yield { ...ENTRY, name, kind: 'file' }
    }
  }
}

test.each([true, false])('a folder that is walked page by page is not listed from its beginning each time (ignored: %s)', async (ignored) => {
  const paged = new Paged()
  await using tree = await openTestVfs({ '/big': paged })
  const page = async (after: VfsPath | undefined): Promise<VfsPath[]> => {
    const found: VfsPath[] = []
    for await (const { path } of tree.vfs.walk(BIG, { ...call, ignored, after })) if (found.push(path) === AHEAD) break
    return found
  }
  const seen = new Set<VfsPath>()
  for (let found = await page(undefined); found.length > 0; found = await page(found.at(-1))) for (const path of found) seen.add(path)
  expect([seen.size, paged.listed < 3 * MANY]).toEqual([MANY, true])
})

test('a walk that begins anywhere yields what comes behind it, and nothing else', async () => {
  const memory = new MemoryBackend()
  const names = ['a', 'a\u0001', 'a.', 'a0', 'a1', 'a\uD7FF', 'a\uE000', 'a\u{10000}', 'a\u{10FFFF}', 'b', '\u0001', '0']
  for (const folder of names) {
    await memory.mkdir(vfsPath(`/${folder}`))
    for (const name of names) await memory.write(vfsPath(`/${folder}/${name}`), bytesOf(''))
  }
  await using tree = await openTestVfs({ '/m': memory })
  const walk = async (after?: VfsPath): Promise<VfsPath[]> => (await Array.fromAsync(tree.vfs.walk(vfsPath('/m'), { ...call, after }))).map(({ path }) => path)
  const all = await walk()
  expect(all).toHaveLength(names.length * (names.length + 1))
  for (const [i, path] of all.entries()) expect(await walk(path)).toEqual(all.slice(i + 1))
  expect(await walk(vfsPath('/m/a0/gone'))).toEqual(await walk(vfsPath('/m/a0/b')))
})

/** A tree of a few nodes, which stand everywhere: as one that somebody has made of IPFS, to be walked for hours. */
class Folded extends Many {
  override async *list(path: VfsPath): AsyncIterable<Entry> {
    if (segments(path).length < 5) for (let i = 0; i < 10; i++) yield { ...ENTRY, name: `d${i}`, kind: 'directory' }
  }
}

test('a walk that never has to wait can be cancelled, and holds nobody else up', async () => {
  await using tree = await openTestVfs({ '/big': new Folded() })
  const walk = (signal?: AbortSignal) => Array.fromAsync(tree.vfs.walk(BIG, { ...call, ignored: true, signal }), () => undefined)
  await expect(walk(AbortSignal.timeout(20))).rejects.toMatchObject({ code: 'CANCELLED' })
})

test('who leaves a walk leaves no listing open', async () => {
  const many = new Many()
  await using tree = await openTestVfs({ '/big': many })
  for await (const { path } of tree.vfs.walk(BIG, call)) if (path === join(BIG, '000007')) break
  expect(many.open).toBe(0)
})

test('rules hold for a folder in which they stand behind very many names', async () => {
  const memory = new MemoryBackend()
  const names = Array.from({ length: AHEAD + 1 }, (_, i) => `+${String(i).padStart(4, '0')}`)
  for (const name of [...names, 'z']) await memory.write(vfsPath(`/${name}`), bytesOf(''))
  await memory.write(vfsPath('/.gitignore'), bytesOf('*7\nz'))
  await using tree = await openTestVfs({ '/m': memory })
  const seen = (await Array.fromAsync(tree.vfs.walk(vfsPath('/m'), call))).map(({ path }) => path.slice(3))
  expect(seen).toEqual([...names.filter((name) => !name.endsWith('7')), '.gitignore'])
})

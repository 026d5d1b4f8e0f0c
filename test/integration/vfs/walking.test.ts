import { expect, test } from 'vitest'
import { MemoryBackend } from '../../../backends/memory/memory.ts'
import type { Entry, Stat } from '../../../src/core/backend.ts'
import { BaseBackend, READ_ONLY } from '../../../src/core/base.ts'
import { bytesOf } from '../../../src/core/bytes.ts'
import { join, ROOT, type VfsPath, vfsPath } from '../../../src/core/path.ts'
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

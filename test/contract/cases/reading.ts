import { describe, expect, test } from 'vitest'
import type { Backend } from '../../../src/core/backend.ts'
import { compareNames, ROOT, vfsPath } from '../../../src/core/path.ts'
import { aborted, codeOf, content, names, noise, type Plant, plantInto, text } from '../support.ts'

const KIB = 1024
const MIB = 1024 * KIB
/** On both sides of the blocks, chunks and thresholds that storages like. */
const SIZES = [0, 1, 4 * KIB, 64 * KIB - 1, 64 * KIB, 64 * KIB + 1, 256 * KIB, 256 * KIB + 1, MIB - 1, MIB, MIB + 1, 3 * MIB + 7]

export function reading(plant: Plant): void {
  describe.concurrent('reading', () => {
    test('tells what stands at a path', async () => {
      await using t = await plant({ 'folder/file': 'hello' })
      const stat = await t.backend.stat(t.p('/folder/file'))
      expect(stat).toMatchObject({ kind: 'file', size: 5 })
      expect(stat.modified).toBeInstanceOf(Date)
      expect(stat.etag).toMatch(/^[\w-]{1,12}$/)
      expect(await t.backend.stat(t.p('/folder'))).toMatchObject({ kind: 'directory', size: 0 })
      expect((await t.backend.stat(t.p('/'))).kind).toBe('directory')
    })

    test('shows a stat with the content that it is of, or leaves the content to be read', async () => {
      await using t = await plant({ 'folder/small': 'hello', empty: '', large: 'x'.repeat(100) })
      for (const [path, whole] of [
        ['/folder/small', 'hello'],
        ['/empty', ''],
        ['/large', undefined],
        ['/folder', undefined],
      ] as const) {
        const { stat, content: found } = await t.backend.glance(t.p(path), { atMost: 99 })
        const { etag, ...facts } = await t.backend.stat(t.p(path))
        expect(stat).toMatchObject(facts)
        for (const each of [etag, stat.etag]) expect(await t.backend.matches(t.p(path), each)).toBe(true) // a young file has two
        expect([whole, undefined]).toContain(found && Buffer.from(found).toString())
      }
      expect(await codeOf(t.backend.glance(t.p('/no'), { atMost: 99 }))).toBe('NOT_FOUND')
    })

    test('knows its content by the etag', async () => {
      // Of two sizes: a storage whose times are whole seconds has different etags only for contents of one place, as the cases of writing see.
      await using t = await plant({ a: 'one', b: 'another', 'folder/c': 'three' })
      for (const path of ['/a', '/folder', '/']) {
        const { etag } = await t.backend.stat(t.p(path))
        expect([path, await t.backend.matches(t.p(path), etag)]).toEqual([path, true])
      }
      const { etag } = await t.backend.stat(t.p('/a'))
      expect(await t.backend.matches(t.p('/b'), etag)).toBe(false)
      expect(await t.backend.matches(t.p('/folder'), etag)).toBe(false)
      expect(await t.backend.matches(t.p('/missing'), etag)).toBe(false)
      expect(await t.backend.matches(t.p('/a/below'), etag)).toBe(false)
    })

    test('maps what is missing', async () => {
      await using t = await plant({ f: 'x' })
      await expect(t.backend.stat(t.p('/no'))).rejects.toMatchObject({ code: 'NOT_FOUND', path: t.p('/no'), retryable: false })
      expect(await codeOf(t.backend.stat(t.p('/no/no')))).toBe('NOT_FOUND')
      expect(await codeOf(t.backend.read(t.p('/no')))).toBe('NOT_FOUND')
      expect(await codeOf(t.backend.list(t.p('/no')))).toBe('NOT_FOUND')
      expect(['NOT_FOUND', 'NOT_DIRECTORY']).toContain(await codeOf(t.backend.stat(t.p('/f/below'))))
      expect(['NOT_FOUND', 'NOT_DIRECTORY']).toContain(await codeOf(t.backend.read(t.p('/f/below'))))
    })

    test('refuses a folder as a file and a file as a folder', async () => {
      await using t = await plant({ 'folder/file': 'x' })
      expect(await codeOf(t.backend.read(t.p('/folder')))).toBe('IS_DIRECTORY')
      expect(await codeOf(t.backend.read(t.p('/')))).toBe('IS_DIRECTORY')
      expect(await codeOf(t.backend.list(t.p('/folder/file')))).toBe('NOT_DIRECTORY')
    })

    test.each<[offset: number | undefined, length: number | undefined, expected: string]>([
      [undefined, undefined, 'hello world'],
      [0, 5, 'hello'],
      [6, 3, 'wor'],
      [6, undefined, 'world'],
      [undefined, 1, 'h'],
      [3, 0, ''],
      [6, 99, 'world'],
      [10, 1, 'd'],
      [11, 5, ''],
      [99, undefined, ''],
    ])('reads a range: offset %s, length %s', async (offset, length, expected) => {
      await using t = await plant({ f: 'hello world' })
      expect(await text(t.backend.read(t.p('/f'), { offset, length }))).toBe(expected)
    })

    test.each(SIZES)('reads %i bytes, whole and around the middle', async (size) => {
      const bytes = noise(size, size + 1)
      await using t = await plant({ f: bytes })
      expect((await t.backend.stat(t.p('/f'))).size).toBe(size)
      expect((await content(t.backend.read(t.p('/f')))).equals(bytes)).toBe(true)
      const offset = Math.max(0, (size >>> 1) - 70_000)
      expect((await content(t.backend.read(t.p('/f'), { offset, length: 140_001 }))).equals(bytes.subarray(offset, offset + 140_001))).toBe(true)
    })

    test('a reader that keeps no part sees the same bytes', async () => {
      const bytes = noise(5 * MIB + 7, 3)
      await using t = await plant({ f: bytes })
      const copied: Buffer[] = []
      for await (const part of t.backend.read(t.p('/f'), { reuse: true })) copied.push(Buffer.from(part))
      expect(Buffer.concat(copied).equals(bytes)).toBe(true)
    })

    test('reads only what was expected', async () => {
      await using t = await plant({ f: 'content', g: 'other' })
      const { etag } = await t.backend.stat(t.p('/f'))
      expect(await text(t.backend.read(t.p('/f'), { ifMatch: etag }))).toBe('content')
      expect(await text(t.backend.read(t.p('/f'), { ifMatch: '*' }))).toBe('content')
      expect(await codeOf(t.backend.read(t.p('/g'), { ifMatch: etag }))).toBe('CONFLICT')
    })

    test('lets a reader stop early', async () => {
      await using t = await plant({ f: noise(3 * MIB) })
      for await (const part of t.backend.read(t.p('/f'))) {
        expect(part.length).toBeGreaterThan(0)
        break
      }
      expect((await t.backend.stat(t.p('/f'))).size).toBe(3 * MIB)
    })

    test('obeys a signal', async () => {
      await using t = await plant({ f: noise(3 * MIB) })
      const signal = aborted()
      expect(await codeOf(t.backend.stat(t.p('/f'), { signal }))).toBe('CANCELLED')
      expect(await codeOf(t.backend.list(t.p('/'), { signal }))).toBe('CANCELLED')
      expect(await codeOf(t.backend.read(t.p('/f'), { signal }))).toBe('CANCELLED')
      const late = new AbortController()
      const iterator = t.backend.read(t.p('/f'), { signal: late.signal })[Symbol.asyncIterator]()
      await iterator.next()
      late.abort()
      await expect(iterator.next()).rejects.toMatchObject({ code: 'CANCELLED' })
    })

    test('says where a path stands, and finds it again', async () => {
      await using t = await plant({ 'folder/file': 'x' })
      await t.backend.check()
      expect(t.backend.volume).toMatch(/^[a-z]/)
      for (const path of ['/', '/folder', '/folder/file', '/folder/missing', '/missing/below']) {
        const inner = await t.backend.locate(t.p(path))
        expect(t.backend.find(inner)).toBe(t.p(path))
        expect(await t.backend.locate(t.p(path), { itself: true })).toBe(inner)
      }
    })
  })
}

/** What stands at the root of a storage itself: the other cases read below a folder. */
export function theRoot(make: () => Promise<Backend>): void {
  test('has a root, which is a folder like others', async () => {
    await using b = await make()
    expect(await names(b, ROOT)).toEqual([])
    await plantInto(b, { f: 'x', 'folder/g': 'y' })
    const { kind, etag } = await b.stat(ROOT)
    expect([kind, await b.matches(ROOT, etag)]).toEqual(['directory', true])
    expect((await b.glance(ROOT, { atMost: 99 })).stat.kind).toBe('directory')
    expect(await codeOf(b.read(ROOT))).toBe('IS_DIRECTORY')
    expect(await Array.fromAsync(b.list(ROOT, { details: true }))).toMatchObject([
      { name: 'f', kind: 'file', size: 1 },
      { name: 'folder', kind: 'directory', size: 0 },
    ])
    expect((await Array.fromAsync(b.list(ROOT, { after: 'f' }))).map(({ name }) => name)).toEqual(['folder'])
    for (const path of [ROOT, vfsPath('/f'), vfsPath('/no')]) {
      const inner = await b.locate(path)
      expect([b.find(inner), await b.locate(path, { itself: true })]).toEqual([path, inner])
    }
    for (const path of [ROOT, vfsPath('/folder')]) expect(await codeOf(b.list(path, { signal: aborted() }))).toBe('CANCELLED')
    await expect(b.stat(vfsPath('/no'))).rejects.toMatchObject({ code: 'NOT_FOUND', path: '/no', retryable: false })
  })
}

export function listing(plant: Plant): void {
  describe.concurrent('listing', () => {
    test('gives names and kinds in the order of their bytes', async () => {
      // By UTF-16 units the last two would change places.
      const order = ['.hidden', '10', '9', 'A', 'Z', 'a', 'a.b', 'a0', 'ab', 'z', 'ä', '日', '\uFF5E', '😀']
      await using t = await plant({ ...Object.fromEntries(order.map((name) => [name, name])), 'b/below': 'x' })
      const entries = await Array.fromAsync(t.backend.list(t.p('/')))
      const expected = [...order, 'b'].toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
      expect(entries.map(({ name }) => name)).toEqual(expected)
      expect(entries.filter(({ kind }) => kind === 'directory').map(({ name }) => name)).toEqual(['b'])
    })

    test('fills in what stat would say, if asked', async () => {
      await using t = await plant({ f: 'hello', 'folder/x': 'y' })
      const entries = await Array.fromAsync(t.backend.list(t.p('/'), { details: true }))
      expect(entries).toMatchObject([
        { name: 'f', kind: 'file', size: 5 },
        { name: 'folder', kind: 'directory', size: 0 },
      ])
      for (const { name, etag = '', modified } of entries) {
        expect(modified).toBeInstanceOf(Date)
        expect([name, await t.backend.matches(t.p(`/${name}`), etag)]).toEqual([name, true])
      }
    })

    test('goes on after a name, be it there or not', async () => {
      const tree = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`f${i}`, '']))
      await using t = await plant({ ...tree })
      const all = Object.keys(tree).toSorted(compareNames)
      expect(await names(t.backend, t.p('/'))).toEqual(all)
      const after = async (name: string): Promise<string[]> => (await Array.fromAsync(t.backend.list(t.p('/'), { after: name }))).map((entry) => entry.name)
      expect(await after('f30')).toEqual(all.slice(all.indexOf('f30') + 1))
      expect(await after('f300')).toEqual(all.slice(all.indexOf('f30') + 1))
      expect(await after('')).toEqual(all)
      expect(await after('g')).toEqual([])
    })

    test('lists a folder below a folder', async () => {
      await using t = await plant({ 'a/b/c/d': 'x', 'a/b/e': 'y' })
      expect(await names(t.backend, t.p('/a'))).toEqual(['b'])
      expect(await names(t.backend, t.p('/a/b'))).toEqual(['c', 'e'])
      expect(await names(t.backend, t.p('/a/b/c'))).toEqual(['d'])
    })
  })
}

import { describe, expect, test } from 'vitest'
import type { Backend, Capabilities } from '../../../src/core/backend.ts'
import { bytesOf } from '../../../src/core/bytes.ts'
import { vfsPath as p } from '../../../src/core/path.ts'
import { aborted, codeOf, names, noise, content, plantInto, text } from '../support.ts'

export function renaming(make: () => Promise<Backend>, { tree_atomic: trees }: Capabilities): void {
  describe('renaming', () => {
    const kinds = [
      ['file', 'file'],
      ['file', 'folder'],
      ['file', 'empty'],
      ['folder', 'file'],
      ['folder', 'empty'],
    ] as const

    if (!trees)
      test('moves a file, and no folder', async () => {
        await using b = await make()
        await plantInto(b, { f: 'x', 'a/b': 'y', 'e/': '', 'to/': '' })
        await b.rename(p('/f'), p('/to/g'))
        for (const folder of ['/a', '/e', '/']) expect(await codeOf(b.rename(p(folder), p('/to/h')))).toBe('UNSUPPORTED')
        expect(await text(b.read(p('/to/g')))).toBe('x')
        expect(await names(b, p('/'))).toEqual(['a', 'e', 'to'])
        await b.write(p('/f'), bytesOf('new'))
        expect(await text(b.read(p('/to/g')))).toBe('x')
      })

    if (trees)
      test('moves a file, and a folder with all below it', async () => {
        await using b = await make()
        await plantInto(b, { f: 'x', 'a/b/c': 'deep', 'a/e/': '', 'to/': '' })
        await b.rename(p('/f'), p('/to/g'))
        await b.rename(p('/a'), p('/to/a2'))
        expect(await names(b, p('/'))).toEqual(['to'])
        expect(await text(b.read(p('/to/g')))).toBe('x')
        expect(await text(b.read(p('/to/a2/b/c')))).toBe('deep')
        expect(await names(b, p('/to/a2'))).toEqual(['b', 'e'])
        expect(await codeOf(b.stat(p('/a/b/c')))).toBe('NOT_FOUND')
        await b.write(p('/f'), bytesOf('new'))
        expect(await text(b.read(p('/to/g')))).toBe('x')
      })

    test.each(kinds.filter(([from]) => trees || from === 'file'))('never moves a %s onto a %s', async (from, to) => {
      await using b = await make()
      const some = (name: string, kind: string): Record<string, string> =>
        ({ file: { [name]: name }, folder: { [`${name}/in`]: name }, empty: { [`${name}/`]: '' } })[kind] ?? {}
      await plantInto(b, { ...some('from', from), ...some('to', to) })
      await expect(b.rename(p('/from'), p('/to'))).rejects.toMatchObject({ code: 'ALREADY_EXISTS', path: '/to' })
      expect(await names(b, p('/'))).toEqual(['from', 'to'])
      expect((await b.stat(p('/to'))).kind).toBe(to === 'file' ? 'file' : 'directory')
    })

    test('a path onto itself changes nothing', async () => {
      await using b = await make()
      await plantInto(b, { f: 'x', 'a/b': 'y' })
      await b.rename(p('/f'), p('/f'))
      if (trees) await b.rename(p('/a'), p('/a'))
      expect(await text(b.read(p('/f')))).toBe('x')
      expect(await text(b.read(p('/a/b')))).toBe('y')
      expect(await codeOf(b.rename(p('/no'), p('/no')))).toBe('NOT_FOUND')
    })

    if (trees)
      test('never moves a folder into itself', async () => {
        await using b = await make()
        await plantInto(b, { 'a/b/c': 'x' })
        for (const to of ['/a/d', '/a/b/d', '/a/no/d']) expect(`${to} ${await codeOf(b.rename(p('/a'), p(to)))}`).toBe(`${to} INVALID_ARGUMENT`)
        expect(await codeOf(b.rename(p('/'), p('/a/d')))).toBe('INVALID_ARGUMENT')
        await b.rename(p('/a'), p('/ab'))
        expect(await text(b.read(p('/ab/b/c')))).toBe('x')
      })

    test('needs a source and a folder for the target', async () => {
      await using b = await make()
      await plantInto(b, { f: 'x', g: 'y' })
      await expect(b.rename(p('/no'), p('/to'))).rejects.toMatchObject({ code: 'NOT_FOUND', path: '/no' })
      await expect(b.rename(p('/f'), p('/no/to'))).rejects.toMatchObject({ code: 'NOT_FOUND', path: '/no/to' })
      expect(await codeOf(b.rename(p('/f'), p('/g/to')))).toBe('NOT_DIRECTORY')
      expect(await codeOf(b.rename(p('/f'), p('/f/to')))).toBe('NOT_DIRECTORY')
      expect(await codeOf(b.rename(p('/f'), p('/to'), { signal: aborted() }))).toBe('CANCELLED')
      expect(await names(b, p('/'))).toEqual(['f', 'g'])
    })

    test('moves only the content that was expected', async () => {
      await using b = await make()
      const old = await b.write(p('/f'), bytesOf('one'))
      const { etag } = await b.write(p('/f'), bytesOf('two'))
      expect(await codeOf(b.rename(p('/f'), p('/g'), { ifMatch: old.etag }))).toBe('CONFLICT')
      expect(await codeOf(b.rename(p('/f'), p('/f'), { ifMatch: old.etag }))).toBe('CONFLICT')
      expect(await codeOf(b.rename(p('/no'), p('/g'), { ifMatch: etag }))).toBe('NOT_FOUND')
      await b.rename(p('/f'), p('/g'), { ifMatch: etag })
      expect(await text(b.read(p('/g')))).toBe('two')
    })

    test('lets exactly one of twenty racing movers have the place', async () => {
      await using b = await make()
      await plantInto(b, Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`f${i}`, `content ${i}`])))
      const ends = await Promise.all(Array.from({ length: 20 }, (_, i) => codeOf(b.rename(p(`/f${i}`), p('/to')))))
      expect(ends.filter((end) => end === 'none')).toHaveLength(1)
      expect(ends.filter((end) => end === 'ALREADY_EXISTS')).toHaveLength(19)
      expect((await names(b, p('/'))).length).toBe(20)
    })
  })
}

export function copying(make: () => Promise<Backend>): void {
  describe('copying', () => {
    test('gives a second file of the same content', async () => {
      await using b = await make()
      const bytes = noise(1_500_000)
      await b.mkdir(p('/to'))
      await b.write(p('/f'), bytesOf(bytes))
      const stat = await b.copy(p('/f'), p('/to/g'))
      expect(stat).toMatchObject({ kind: 'file', size: bytes.length })
      expect(await b.matches(p('/to/g'), stat.etag)).toBe(true)
      await b.write(p('/f'), bytesOf('changed'))
      expect((await content(b.read(p('/to/g')))).equals(bytes)).toBe(true)
    })

    test('never copies onto something, nor a folder', async () => {
      await using b = await make()
      await plantInto(b, { f: 'x', g: 'y', 'a/b': 'z' })
      await expect(b.copy(p('/f'), p('/g'))).rejects.toMatchObject({ code: 'ALREADY_EXISTS', path: '/g' })
      expect(await codeOf(b.copy(p('/f'), p('/a')))).toBe('ALREADY_EXISTS')
      expect(await codeOf(b.copy(p('/a'), p('/h')))).toBe('IS_DIRECTORY')
      expect(await codeOf(b.copy(p('/no'), p('/h')))).toBe('NOT_FOUND')
      expect(await codeOf(b.copy(p('/f'), p('/no/h')))).toBe('NOT_FOUND')
      expect(await codeOf(b.copy(p('/f'), p('/g/h')))).toBe('NOT_DIRECTORY')
      expect(await codeOf(b.copy(p('/f'), p('/h'), { signal: aborted() }))).toBe('CANCELLED')
      expect((await b.copy(p('/f'), p('/f'))).size).toBe(1)
      expect(await text(b.read(p('/g')))).toBe('y')
      expect(await names(b, p('/'))).toEqual(['a', 'f', 'g'])
    })

    test('copies only the content that was expected', async () => {
      await using b = await make()
      const old = await b.write(p('/f'), bytesOf('one'))
      const { etag } = await b.write(p('/f'), bytesOf('two'))
      expect(await codeOf(b.copy(p('/f'), p('/g'), { ifMatch: old.etag }))).toBe('CONFLICT')
      await b.copy(p('/f'), p('/g'), { ifMatch: etag })
      expect(await text(b.read(p('/g')))).toBe('two')
    })
  })
}

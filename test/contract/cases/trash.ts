import { describe, expect, test } from 'vitest'
import type { Backend, Capabilities, Trash } from '../../../src/core/backend.ts'
import { bytesOf } from '../../../src/core/bytes.ts'
import { isCode } from '../../../src/core/error.ts'
import { vfsPath as p } from '../../../src/core/path.ts'
import { aborted, codeOf, names, plantInto, text } from '../support.ts'

export function trashing(make: () => Promise<Backend>, { tree_atomic: trees }: Capabilities): void {
  const trashOf = (b: Backend): Trash => {
    if (!b.trash) throw new Error('the capability says that there is a trash')
    return b.trash
  }

  describe('the trash', () => {
    test('takes a file and brings it back, elsewhere if told', async () => {
      await using b = await make()
      const trash = trashOf(b)
      const { etag } = await b.write(p('/f'), bytesOf('content'))
      const kept = await trash.put(p('/f'), 'c1', { ifMatch: etag })
      expect(kept).toMatchObject({ kind: 'file', size: 7 })
      expect(await codeOf(b.stat(p('/f')))).toBe('NOT_FOUND')
      expect(await names(b, p('/'))).toEqual([])
      expect((await trash.contents.stat(p('/c1'))).etag).toBe(kept.etag)
      expect(await text(trash.contents.read(p('/c1'), { ifMatch: kept.etag }))).toBe('content')
      await b.mkdir(p('/to'))
      const back = await trash.back('c1', p('/to/g'))
      expect(await b.matches(p('/to/g'), back.etag)).toBe(true)
      expect(await text(b.read(p('/to/g')))).toBe('content')
      expect(await codeOf(trash.contents.stat(p('/c1')))).toBe('NOT_FOUND')
    })

    if (!trees)
      test('takes an empty folder, and no other', async () => {
        await using b = await make()
        const trash = trashOf(b)
        await plantInto(b, { 'a/b': 'x', 'empty/': '' })
        expect(await codeOf(trash.put(p('/a'), 'c1'))).toBe('UNSUPPORTED')
        expect(await text(b.read(p('/a/b')))).toBe('x')
        expect((await trash.put(p('/empty'), 'c1')).kind).toBe('directory')
        expect(await names(b, p('/'))).toEqual(['a'])
        await trash.back('c1', p('/again'))
        expect(await names(b, p('/'))).toEqual(['a', 'again'])
      })

    if (trees)
      test('takes a whole folder', async () => {
        await using b = await make()
        const trash = trashOf(b)
        await plantInto(b, { 'a/b/c': 'deep', 'a/d': 'x', 'a/empty/': '' })
        expect((await trash.put(p('/a'), 'c1')).kind).toBe('directory')
        expect(await names(b, p('/'))).toEqual([])
        expect(await names(trash.contents, p('/c1'))).toEqual(['b', 'd', 'empty'])
        expect(await text(trash.contents.read(p('/c1/b/c')))).toBe('deep')
        expect((await trash.back('c1', p('/a'))).kind).toBe('directory')
        expect(await names(b, p('/a'))).toEqual(['b', 'd', 'empty'])
        expect(await text(b.read(p('/a/b/c')))).toBe('deep')
      })

    test('brings back only to where nothing stands', async () => {
      await using b = await make()
      const trash = trashOf(b)
      await plantInto(b, { f: 'old', ...(trees ? { 'a/x': 'old' } : { 'a/': '' }) })
      await trash.put(p('/f'), 'c1')
      await trash.put(p('/a'), 'c2')
      await plantInto(b, { f: 'new', 'a/': '' })
      expect(await codeOf(trash.back('c1', p('/f')))).toBe('ALREADY_EXISTS')
      expect(await codeOf(trash.back('c1', p('/a')))).toBe('ALREADY_EXISTS')
      expect(await codeOf(trash.back('c2', p('/a')))).toBe('ALREADY_EXISTS')
      expect(await codeOf(trash.back('c1', p('/no/f')))).toBe('NOT_FOUND')
      expect(await codeOf(trash.back('c9', p('/g')))).toBe('NOT_FOUND')
      expect(await text(b.read(p('/f')))).toBe('new')
      expect(await names(b, p('/a'))).toEqual([])
      expect((await trash.contents.stat(p('/c2'))).kind).toBe('directory')
    })

    test('takes only what was expected, and nothing that is missing', async () => {
      await using b = await make()
      const trash = trashOf(b)
      const old = await b.write(p('/f'), bytesOf('one'))
      const { etag } = await b.write(p('/f'), bytesOf('two'))
      expect(await codeOf(trash.put(p('/f'), 'c1', { ifMatch: old.etag }))).toBe('CONFLICT')
      expect(await codeOf(trash.put(p('/no'), 'c1'))).toBe('NOT_FOUND')
      expect(await codeOf(trash.put(p('/'), 'c1'))).toBe('INVALID_ARGUMENT')
      expect(await codeOf(trash.put(p('/f'), 'c1', { signal: aborted() }))).toBe('CANCELLED')
      expect(await text(b.read(p('/f')))).toBe('two')
      const ends = await Promise.all(Array.from({ length: 20 }, (_, i) => codeOf(trash.put(p('/f'), `r${i}`, { ifMatch: etag }))))
      expect(ends.filter((end) => end === 'none')).toHaveLength(1)
      expect(new Set(ends)).toEqual(new Set(['none', 'NOT_FOUND']))
    })

    test('never loses what it has under an id', async () => {
      await using b = await make()
      const trash = trashOf(b)
      await plantInto(b, { f: 'one', g: 'two' })
      await trash.put(p('/f'), 'c1')
      expect(await codeOf(trash.put(p('/g'), 'c1'))).toBe('ALREADY_EXISTS')
      expect(await codeOf(trash.keep(p('/g'), 'c1'))).toBe('ALREADY_EXISTS')
      expect(await text(trash.contents.read(p('/c1')))).toBe('one')
      expect(await text(b.read(p('/g')))).toBe('two')
    })

    test('keeps a content that is replaced, where the storage can', async () => {
      await using b = await make()
      const trash = trashOf(b)
      const { etag } = await b.write(p('/f'), bytesOf('before'))
      try {
        const kept = await trash.keep(p('/f'), 'c1')
        expect(await text(b.read(p('/f'), { ifMatch: etag }))).toBe('before')
        await b.write(p('/f'), bytesOf('after'), { ifMatch: etag })
        expect(await text(trash.contents.read(p('/c1'), { ifMatch: kept.etag }))).toBe('before')
        expect((await trash.contents.stat(p('/c1'))).etag).toBe(kept.etag)
        expect(await text(b.read(p('/f')))).toBe('after')
      } catch (error) {
        if (!isCode(error, 'UNSUPPORTED')) throw error
      }
      await b.mkdir(p('/a'))
      expect(await codeOf(trash.keep(p('/a'), 'c2'))).toBe(b.capabilities.by_cid ? 'none' : 'IS_DIRECTORY')
      expect(await codeOf(trash.keep(p('/no'), 'c2'))).toBe('NOT_FOUND')
    })

    test('drops for good, and does not mind if nothing is there', async () => {
      await using b = await make()
      const trash = trashOf(b)
      await plantInto(b, { f: 'x', ...(trees ? { 'a/b/c': 'y' } : { 'a/': '' }) })
      await trash.put(p('/f'), 'c1')
      await trash.put(p('/a'), 'c2')
      for (const id of ['c1', 'c2', 'c1', 'never']) await trash.drop(id)
      expect(await codeOf(trash.back('c1', p('/f')))).toBe('NOT_FOUND')
      expect(await codeOf(trash.back('c2', p('/a')))).toBe('NOT_FOUND')
    })
  })
}

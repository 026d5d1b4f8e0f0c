import { describe, expect, test } from 'vitest'
import type { Backend } from '../../../src/core/backend.ts'
import { bytesOf } from '../../../src/core/bytes.ts'
import { vfsPath as p } from '../../../src/core/path.ts'
import { aborted, codeOf, names, plantInto, text } from '../support.ts'

export function folders(make: () => Promise<Backend>): void {
  describe('folders', () => {
    test('are made, and made again', async () => {
      await using b = await make()
      await b.mkdir(p('/a'))
      await b.write(p('/a/f'), bytesOf('x'))
      await b.mkdir(p('/a'))
      await b.mkdir(p('/'))
      await b.mkdir(p('/a/b'))
      expect(await names(b, p('/a'))).toEqual(['b', 'f'])
      expect(await names(b, p('/a/b'))).toEqual([])
    })

    test('are not made over a file or without a parent', async () => {
      await using b = await make()
      await b.write(p('/f'), bytesOf('x'))
      expect(await codeOf(b.mkdir(p('/f')))).toBe('ALREADY_EXISTS')
      expect(await codeOf(b.mkdir(p('/f/below')))).toBe('NOT_DIRECTORY')
      expect(await codeOf(b.mkdir(p('/no/below')))).toBe('NOT_FOUND')
      expect(await codeOf(b.mkdir(p('/g'), { signal: aborted() }))).toBe('CANCELLED')
      expect(await names(b, p('/'))).toEqual(['f'])
    })
  })

  describe('removing', () => {
    test('removes what is missing without complaint', async () => {
      await using b = await make()
      await b.write(p('/f'), bytesOf('x'))
      for (const path of ['/no', '/no/no', '/f/below']) await expect(b.remove(p(path))).resolves.toBeUndefined()
      expect(await text(b.read(p('/f')))).toBe('x')
    })

    test('removes files and empty folders, and a full one only if told', async () => {
      await using b = await make()
      await plantInto(b, { file: 'x', 'empty/': '', 'full/a': '1', 'full/b/c/d': '2', 'full/e/': '', beside: 'y' })
      await b.remove(p('/file'))
      await b.remove(p('/empty'))
      expect(await codeOf(b.remove(p('/full')))).toBe('NOT_EMPTY')
      expect(await text(b.read(p('/full/b/c/d')))).toBe('2')
      expect(await codeOf(b.remove(p('/full'), { recursive: true, signal: aborted() }))).toBe('CANCELLED')
      await b.remove(p('/full'), { recursive: true })
      expect(await names(b, p('/'))).toEqual(['beside'])
    })

    test('never removes the root', async () => {
      await using b = await make()
      await b.write(p('/f'), bytesOf('x'))
      expect(await codeOf(b.remove(p('/'), { recursive: true }))).toBe('INVALID_ARGUMENT')
      expect(await names(b, p('/'))).toEqual(['f'])
    })
  })
}

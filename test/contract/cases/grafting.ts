import { describe, expect, test } from 'vitest'
import type { Backend } from '../../../src/core/backend.ts'
import { bytesOf } from '../../../src/core/bytes.ts'
import { vfsPath as p } from '../../../src/core/path.ts'
import { codeOf, plantInto, text } from '../support.ts'

export function grafting(make: () => Promise<Backend>): void {
  describe('graft', () => {
    const cidAt = async (b: Backend, path: string): Promise<string> => (await b.stat(p(path))).cid ?? 'no CID is told'

    test('puts a file or a whole folder by its CID', async () => {
      await using b = await make()
      await plantInto(b, { f: 'one', 'd/g': 'two' })
      expect(await b.graft(p('/copy'), await cidAt(b, '/f'))).toEqual(await b.stat(p('/f')))
      await b.graft(p('/d/whole'), await cidAt(b, '/d'))
      expect(await text(b.read(p('/copy')))).toBe('one')
      expect(await text(b.read(p('/d/whole/g')))).toBe('two')
    })

    test('replaces whatever stands there', async () => {
      await using b = await make()
      await plantInto(b, { f: 'one', 'd/g': 'two' })
      const [file, folder] = [await cidAt(b, '/f'), await cidAt(b, '/d')]
      await b.graft(p('/f'), folder)
      await b.graft(p('/d'), file)
      expect(await text(b.read(p('/f/g')))).toBe('two')
      expect(await text(b.read(p('/d')))).toBe('one')
    })

    test('holds to its precondition, and needs a folder above', async () => {
      await using b = await make()
      const { etag, cid = '' } = await b.write(p('/f'), bytesOf('one'))
      await b.write(p('/g'), bytesOf('two'))
      expect(await codeOf(b.graft(p('/g'), cid, { ifMatch: etag }))).toBe('CONFLICT')
      expect(await codeOf(b.graft(p('/g'), cid, { ifNoneMatch: '*' }))).toBe('CONFLICT')
      expect(await codeOf(b.graft(p('/new'), cid, { ifMatch: '*' }))).toBe('CONFLICT')
      expect(await codeOf(b.graft(p('/no/where'), cid))).toBe('NOT_FOUND')
      expect(await codeOf(b.graft(p('/f/below'), cid))).toBe('NOT_DIRECTORY')
      expect(await codeOf(b.graft(p('/'), cid))).toBe('INVALID_ARGUMENT')
      expect(await codeOf(b.graft(p('/h'), 'no CID'))).toBe('INVALID_CID')
      expect(await text(b.read(p('/g')))).toBe('two')
    })
  })
}

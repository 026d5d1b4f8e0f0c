import { describe, expect, test } from 'vitest'
import { bytesOf } from '../../../src/core/bytes.ts'
import { codeOf, names, type Plant, text } from '../support.ts'

/** What a storage answers that cannot be written, or must not be: the caller's code. */
export function refusing(plant: Plant, code: 'UNSUPPORTED' | 'READ_ONLY'): void {
  describe('changes', () => {
    test(`are all refused with ${code}`, async () => {
      await using t = await plant({ f: 'x', 'folder/g': 'y' })
      const { backend: b, p } = t
      const staged = async (): Promise<void> => expect.unreachable('nothing may be staged')
      expect(await codeOf(b.write(p('/f'), bytesOf('changed'), { staged }))).toBe(code)
      expect(await codeOf(b.write(p('/new'), bytesOf('new')))).toBe(code)
      expect(await codeOf(b.mkdir(p('/new')))).toBe(code)
      expect(await codeOf(b.remove(p('/f')))).toBe(code)
      expect(await codeOf(b.remove(p('/folder'), { recursive: true }))).toBe(code)
      expect(await codeOf(b.rename(p('/f'), p('/new')))).toBe(code)
      expect(await codeOf(b.copy(p('/f'), p('/new')))).toBe(code)
      expect(await b.discard(p('/f'), 'c1')).toBe(false)
      expect(b.trash).toBeUndefined()
      expect(b.capabilities).toMatchObject({ write: false, rename: false, copy: false, trash: false, empty_folders: false, tree_atomic: false })
      expect(await names(b, p('/'))).toEqual(['f', 'folder'])
      expect(await text(b.read(p('/f')))).toBe('x')
    })
  })
}

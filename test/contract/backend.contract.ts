import { describe, expect, test } from 'vitest'
import type { Backend } from '../../src/core/backend.ts'
import { bytesOf } from '../../src/core/bytes.ts'
import { vfsPath as p } from '../../src/core/path.ts'

/** What every backend promises. A backend's own test is one call of this with a way to make an empty one. */
export function backendContract(title: string, make: () => Promise<Backend>): void {
  describe(`${title} keeps the backend contract`, () => {
    test('reads back what was written, whole and in ranges', async () => {
      await using b = await make()
      await b.write(p('/f'), bytesOf('hello ', 'world'))
      expect(await text(b.read(p('/f')))).toBe('hello world')
      expect(await text(b.read(p('/f'), { offset: 6, length: 3 }))).toBe('wor')
      expect(await text(b.read(p('/f'), { offset: 99 }))).toBe('')
    })
  })
}

const text = async (source: AsyncIterable<Uint8Array>): Promise<string> => Buffer.concat(await Array.fromAsync(source)).toString()

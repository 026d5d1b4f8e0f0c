import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { onDisk, shown } from '../../../backends/local/names.ts'
import { vfsPath } from '../../../src/core/path.ts'

const bytes = (name: string | Buffer | undefined): Buffer => {
  if (name === undefined) throw new Error('not a name')
  return Buffer.from(name)
}
const rawName = fc.uint8Array({ minLength: 1, maxLength: 60 }).map((raw) => Buffer.from(raw.map((byte) => (byte === 0 || byte === 0x2f ? 0x5c : byte))))
/** Pieces of which names are made that look escaped, or half so. */
const tricky = fc.array(fc.constantFrom('\\', 'x', '5C', '8', 'C3', 'A4', 'FF', 'f', 'ä', '😀', '\uFFFD'), { minLength: 1 }).map((parts) => parts.join(''))

describe('names on the disk', () => {
  test.each<[raw: string | Buffer, name: string]>([
    ['plain', 'plain'],
    ['ä日😀\uFFFD', 'ä日😀\uFFFD'],
    ['back\\slash \\x41 \\xff \\x7F', 'back\\slash \\x41 \\xff \\x7F'],
    [Buffer.from('caf\u00E9', 'latin1'), 'caf\\xE9'],
    ['caf\\xE9', 'caf\\x5CxE9'],
    ['\\x5C', '\\x5Cx5C'],
    [Buffer.from([0x5c, 0xff]), '\\\\xFF'],
    [Buffer.from([0xe6, 0x97]), '\\xE6\\x97'],
    [Buffer.from([0xed, 0xa0, 0x80]), '\\xED\\xA0\\x80'],
  ])('%j is shown as %j, and found by that', (raw, name) => {
    expect(shown(Buffer.from(raw))).toBe(name)
    expect(bytes(onDisk(name)).equals(Buffer.from(raw))).toBe(true)
  })

  test.each(['\\xC3\\xA4', '\\x5C', '\\x5Cn', 'a\\xE6\\x97\\xA5'])('no second spelling: %j names nothing', (name) => {
    expect(onDisk(name)).toBeUndefined()
  })

  test('all bytes come back', () => {
    fc.assert(fc.property(rawName, (raw) => void expect(bytes(onDisk(shown(raw))).equals(raw)).toBe(true)))
    fc.assert(fc.property(tricky, (name) => void expect(bytes(onDisk(shown(Buffer.from(name)))).toString()).toBe(name)))
  })

  test('a name that names something is how that is shown', () => {
    const legal = tricky.filter((name) => onDisk(name) !== undefined)
    fc.assert(fc.property(legal, (name) => void expect(shown(bytes(onDisk(name)))).toBe(name)))
  })

  test('every name that the disk takes makes a path', () => {
    expect(vfsPath(`/${shown(Buffer.alloc(255, 0xff))}`)).toHaveLength(1 + 4 * 255)
    expect(() => vfsPath(`/${shown(Buffer.alloc(256, 0xff))}`)).toThrow('longer than 255 bytes')
    expect(() => vfsPath(`/${'\\x41'.repeat(255)}`)).toThrow('longer than 255 bytes')
  })
})

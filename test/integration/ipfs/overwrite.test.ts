import * as fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { Blocks } from '../../../src/content/blocks/blocks.ts'
import { bytesOf, collect } from '../../../src/core/bytes.ts'
import type { IpfsNode } from '../../../src/ipfs/types.ts'
import { noise, text, withNode } from '../../support/content.ts'

const MIB = 1 << 20

/** The bytes of a file after a write at an offset. */
function written(old: Uint8Array, offset: number, content: Uint8Array): Buffer {
  const file = Buffer.alloc(Math.max(old.length, offset + content.length))
  file.set(old)
  file.set(content, offset)
  return file
}

const bytes = async (size: number, seed: number): Promise<Uint8Array> => collect(noise(size, seed), size)

async function expectSame(node: IpfsNode, old: Uint8Array, offset: number, content: Uint8Array): Promise<void> {
  const before = await node.add(bytesOf(old))
  const after = await node.overwrite(before.cid, bytesOf(content), { offset })
  const anew = written(old, offset, content)
  expect(after).toEqual(await node.add(bytesOf(anew)))
  expect(Buffer.compare(await collect(node.read(after.cid), anew.length), anew)).toBe(0)
}

describe('overwriting a part of a file', () => {
  test('gives what adding the changed file gives, wherever the part lies', async () => {
    const near = fc.tuple(fc.nat({ max: 4 }), fc.integer({ min: -2, max: 2 })).map(([mib, by]) => Math.max(0, mib * MIB + by))
    const size = fc.oneof(fc.nat({ max: 10 }), near)
    await withNode((node) =>
      fc.assert(
        fc.asyncProperty(
          size,
          size,
          fc.oneof(
            fc.integer({ min: 1, max: 10 }),
            near.filter((n) => n > 0),
          ),
          async (old, offset, length) => {
            await expectSame(node, await bytes(old, 1), offset, await bytes(length, 2))
          },
        ),
        { numRuns: 25 },
      ),
    )
  })

  test('of another layout reads it all, and gives the same', async () => {
    await withNode(async (node) => {
      for (const size of [100, 3 * MIB]) {
        const old = await bytes(size, 1)
        const before = await node.add(bytesOf(old), { profile: 'unixfs-v0-2015' })
        const after = await node.overwrite(before.cid, bytesOf('changed'), { offset: size / 2 })
        expect(after).toEqual(await node.add(bytesOf(written(old, size / 2, Buffer.from('changed')))))
      }
    })
  })

  test('reads and hashes only what it touches', async () => {
    await withNode(async (node) => {
      const before = await node.add(noise(1200 * MIB, 1, MIB), { onlyHash: false })
      using get = vi.spyOn(Blocks.prototype, 'get')
      const after = await node.overwrite(before.cid, bytesOf('changed'), { offset: 1100 * MIB - 3 })
      const read = await Promise.all(get.mock.results.map(({ value }) => value as ReturnType<Blocks['get']>))
      expect(read.filter((block) => block?.length === MIB)).toHaveLength(2)
      expect(await text(node.read(after.cid, { offset: 1100 * MIB - 3, length: 7 }))).toBe('changed')
      expect(after.size).toBe(before.size)
    })
  }, 60_000)

  test('keeps its mode, and tells a new time if it told one', async () => {
    await withNode(async (node) => {
      const before = await node.add(noise(2 * MIB), { mode: 0o640, modified: new Date(0) })
      const after = await node.overwrite(before.cid, bytesOf('x'), { offset: 5 })
      expect(after.mode).toBe(0o640)
      expect(after.modified?.getTime()).toBeGreaterThan(0)
      expect(await node.stat(after.cid)).toEqual(after)
    })
  })

  test('refuses a huge hole and what is no file', async () => {
    await withNode(async (node) => {
      const { cid } = await node.add(bytesOf('x'))
      await expect(node.overwrite(cid, bytesOf('y'), { offset: 2 ** 40 })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
      const [folder] = await Array.fromAsync(node.addTree(nothing()))
      await expect(node.overwrite(folder?.cid ?? '', bytesOf('y'), { offset: 0 })).rejects.toMatchObject({ code: 'IS_DIRECTORY' })
    })
  })
})

async function* nothing(): AsyncGenerator<never> {}

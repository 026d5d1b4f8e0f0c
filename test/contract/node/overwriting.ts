import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { bytesOf, collect } from '../../../src/core/bytes.ts'
import type { IpfsNode } from '../../../src/ipfs/types.ts'
import { noise } from '../../support/content.ts'
import { type MakeNode, rootOf, unique } from './make.ts'

const MIB = 1 << 20
const NOWHERE = 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy'

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

const near = fc.tuple(fc.nat({ max: 4 }), fc.integer({ min: -2, max: 2 })).map(([mib, by]) => Math.max(0, mib * MIB + by))
const size = fc.oneof(fc.nat({ max: 10 }), near)
const length = fc.oneof(
  fc.integer({ min: 1, max: 10 }),
  near.filter((n) => n > 0),
)

export function overwriting(make: MakeNode): void {
  test('overwriting a part of a file gives what adding the changed file gives, wherever the part lies', async () => {
    await using open = await make()
    await fc.assert(
      fc.asyncProperty(size, size, length, async (old, offset, part) => expectSame(open.node, await bytes(old, 1), offset, await bytes(part, 2))),
      { numRuns: 25 },
    )
  })

  test('overwriting a file of another layout gives the same too', async () => {
    await using open = await make()
    for (const whole of [100, 3 * MIB]) {
      const old = await bytes(whole, 1)
      const before = await open.node.add(bytesOf(old), { profile: 'unixfs-v0-2015' })
      const after = await open.node.overwrite(before.cid, bytesOf('changed'), { offset: whole / 2 })
      expect(after).toEqual(await open.node.add(bytesOf(written(old, whole / 2, Buffer.from('changed')))))
    }
  })

  test('an overwritten file keeps its mode, and tells a new time if it told one', async () => {
    await using open = await make()
    const before = await open.node.add(noise(2 * MIB), { mode: 0o640, modified: new Date(0) })
    const after = await open.node.overwrite(before.cid, bytesOf('x'), { offset: 5 })
    expect(after.mode).toBe(0o640)
    expect(after.modified?.getTime()).toBeGreaterThan(0)
    expect(await open.node.stat(after.cid)).toEqual(after)
  })

  test('nothing is overwritten with a huge hole, in what is no file, and in what is not here', async () => {
    await using open = await make()
    const { node } = open
    const { cid } = await node.add(bytesOf(unique()))
    await expect(node.overwrite(cid, bytesOf('y'), { offset: 2 ** 40 })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    await expect(node.overwrite(await rootOf(node, []), bytesOf('y'), { offset: 0 })).rejects.toMatchObject({ code: 'IS_DIRECTORY' })
    await expect(node.overwrite(NOWHERE, bytesOf('y'), { offset: 0 })).rejects.toMatchObject({ code: 'OFFLINE' })
    await expect(node.overwrite('hello', bytesOf('y'), { offset: 0 })).rejects.toMatchObject({ code: 'INVALID_CID' })
  })

  test('a folder is told in another format and back, and what lies in it keeps its own', async () => {
    await using open = await make()
    const { node } = open
    const one = await rootOf(node, [{ path: 'sub/f', content: bytesOf(unique()) }])
    const zero = await node.reformat(one, { version: 0, hash: 'sha2-256' })
    const long = await node.reformat(one, { version: 1, hash: 'sha2-512' })
    expect([zero, long]).toEqual([expect.stringMatching(/^Qm/), expect.stringMatching(/^bafybg/)])
    for (const root of [zero, long]) {
      expect(await node.resolve(`${root}/sub`)).toBe(await node.resolve(`${one}/sub`))
      expect(await node.reformat(root, { version: 1, hash: 'sha2-256' })).toBe(one)
    }
  })

  test('what is no folder, or is not here, has no other format', async () => {
    await using open = await make()
    const { node } = open
    const { cid } = await node.add(bytesOf(unique()))
    await expect(node.reformat(cid, { version: 0, hash: 'sha2-256' })).rejects.toMatchObject({ code: 'NOT_DIRECTORY' })
    await expect(node.reformat(NOWHERE, { version: 0, hash: 'sha2-256' })).rejects.toMatchObject({ code: 'OFFLINE' })
    await expect(node.reformat('hello', { version: 0, hash: 'sha2-256' })).rejects.toMatchObject({ code: 'INVALID_CID' })
  })
}

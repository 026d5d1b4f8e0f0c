import { rmSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { cidOf, RAW } from '../../../src/content/unixfs/codec.ts'
import { Database } from '../../../src/sqlite/database.ts'
import { codeOf } from '../../contract/support.ts'
import { noise, withContent, withNode } from '../../support/content.ts'

const MIB = 1 << 20
const SIZE = 40 * MIB + 7

const fileOf = (folder: string, multihash: Uint8Array): string => {
  const hex = Buffer.from(multihash).toString('hex')
  return join(folder, 'blocks', hex.slice(-2), hex)
}

const whole = async (): Promise<Buffer> => Buffer.concat(await Array.fromAsync(noise(SIZE)))

test('a block that is freed and put again while somebody reads it stays, and is read', async () => {
  await withContent(async (content, folder) => {
    const block = Buffer.alloc(100_000, 'x')
    const { multihash } = cidOf(RAW, block)
    await using batch = content.blocks.batch()
    await batch.put(multihash.bytes, block)
    await batch.commit()
    const reading = content.blocks.get(multihash.bytes) // has seen the row, and not yet the file
    rmSync(fileOf(folder, multihash.bytes))
    const others = new Database(join(folder, 'blocks.db'))
    others.run('UPDATE block SET generation = generation + 1, content = ?', block)
    others.close()
    expect(Buffer.from((await reading) ?? []).equals(block)).toBe(true)
    expect(await content.blocks.has(multihash.bytes)).toBe(true)
  })
})

test('a reader that keeps no part gets a large file in few memories', async () => {
  await withNode(async (node, content) => {
    const [bytes, { cid }] = [await whole(), await node.add(noise(SIZE))]
    for (const store of [node, content]) {
      const memories = new Set<ArrayBufferLike>()
      let at = 0
      for await (const part of store.read(cid, { reuse: true })) {
        expect(bytes.subarray(at, (at += part.length)).equals(part)).toBe(true)
        memories.add(part.buffer)
      }
      expect([at, memories.size < 15]).toEqual([SIZE, true])
    }
  })
})

test.each(['unixfs-v1-2025', 'unixfs-v0-2015'] as const)('parts of %s stay as they are for who keeps them', async (profile) => {
  await withContent(async (content) => {
    const { cid } = await content.put(noise(SIZE), { profile })
    const kept = await Array.fromAsync(content.read(cid))
    expect(Buffer.concat(kept).equals(await whole())).toBe(true)
    expect(new Set(kept.map(({ buffer }) => buffer)).size).toBe(kept.length)
  })
})

test('a part that lies in a node with more than content is read too by who keeps none', async () => {
  await withContent(async (content) => {
    const { cid } = await content.put(noise(SIZE), { profile: 'unixfs-v0-2015' })
    const copied: Buffer[] = []
    for await (const part of content.read(cid, { reuse: true, offset: 100_000 })) copied.push(Buffer.from(part))
    expect(Buffer.concat(copied).equals((await whole()).subarray(100_000))).toBe(true)
  })
})

test('a leaf that has become shorter is told, whatever its memory held before', async () => {
  await withContent(async (content, folder) => {
    const { cid } = await content.put(noise(SIZE))
    const leaves = await Array.fromAsync(content.read(cid), (leaf) => cidOf(RAW, leaf).multihash.bytes)
    truncateSync(fileOf(folder, leaves[30]!), MIB - 1)
    let read = 0
    const reading = async (): Promise<void> => {
      for await (const part of content.read(cid, { reuse: true })) read += part.length
    }
    expect([await codeOf(reading()), read]).toEqual(['INVALID_BLOCK', 30 * MIB])
  })
})

import { expect, test, vi } from 'vitest'
import { Blocks } from '../../../src/content/blocks/blocks.ts'
import { bytesOf } from '../../../src/core/bytes.ts'
import { noise, text, withNode } from '../../support/content.ts'

const MIB = 1 << 20

test('overwriting a part of a file reads and hashes only what it touches', async () => {
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

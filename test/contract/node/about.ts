import { expect, test } from 'vitest'
import { bytesOf } from '../../../src/core/bytes.ts'
import { type MakeNode, unique } from './make.ts'

export function about(make: MakeNode): void {
  test('tells who it is and what it runs on', async () => {
    await using open = await make()
    expect((await open.node.identity()).peer).toMatch(/^12D3Koo/)
    expect(await open.node.version()).toMatchObject({ engine: open.node.engine, version: expect.stringMatching(/^\d+\.\d+\.\d+/), network: 'off' })
  })

  test('counts the blocks that are here, and nothing of a network that it is kept off', async () => {
    await using open = await make()
    const { node } = open
    const before = await node.stats()
    await node.add(bytesOf(unique()))
    const after = await node.stats()
    expect(after.repo.objects - before.repo.objects).toBe(1)
    expect(after.repo.bytes).toBeGreaterThan(before.repo.bytes)
    expect([null, expect.any(Number)]).toContainEqual(after.repo.maxBytes)
    const { bitswap, bandwidth } = after
    expect([...Object.values(bitswap), ...Object.values(bandwidth)].every((count) => count === null)).toBe(true)
  })
}

import { expect, test } from 'vitest'
import type { MakeNode } from './make.ts'

export function about(make: MakeNode): void {
  test('tells who it is and what it runs on', async () => {
    await using open = await make()
    expect((await open.node.identity()).peer).toMatch(/^12D3Koo/)
    expect(await open.node.version()).toMatchObject({ engine: open.node.engine, version: expect.stringMatching(/^\d+\.\d+\.\d+/), network: 'off' })
  })
}

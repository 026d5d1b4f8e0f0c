import { expect, test } from 'vitest'
import { bytesOf } from '../../../src/core/bytes.ts'
import { type MakeNode, rootOf, unique } from './make.ts'

export function keeping(make: MakeNode): void {
  test('keeps remember a CID by an id, until it is let go', async () => {
    await using open = await make()
    const { keeps, pins } = open.node
    const id = unique('id')
    const cid = await rootOf(open.node, [{ path: 'f', content: bytesOf(unique()) }])
    expect(await keeps.get(id)).toBeUndefined()
    await keeps.set(id, cid)
    expect(await keeps.get(id)).toBe(cid)
    await expect(keeps.set(id, cid)).rejects.toMatchObject({ code: 'ALREADY_EXISTS' })
    for await (const pin of pins.list()) expect(pin.cid).not.toBe(cid)
    await keeps.remove(id)
    await keeps.remove(id)
    expect(await keeps.get(id)).toBeUndefined()
    await keeps.set(id, cid)
    await keeps.remove(id)
  })
}

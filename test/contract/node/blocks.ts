import { CID } from 'multiformats/cid'
import { identity } from 'multiformats/hashes/identity'
import { sha512 } from 'multiformats/hashes/sha2'
import { expect, test } from 'vitest'
import { bytesOf } from '../../../src/core/bytes.ts'
import { MAX_BLOCK_BYTES } from '../../../src/ipfs/types.ts'
import { blockOf, keep } from '../../support/dag.ts'
import { type MakeNode, unique } from './make.ts'

export function blocks(make: MakeNode): void {
  test('blocks of any codec come in and out by CID', async () => {
    await using open = await make()
    const { blocks: all } = open.node
    for (const codec of ['raw', 'dag-cbor', 'dag-json'] as const) {
      const block = await blockOf(codec, Buffer.from(unique()))
      expect(await all.has(block.cid)).toBe(false)
      await keep(all, block)
      expect(await all.has(block.cid)).toBe(true)
      expect(Buffer.from(await all.get(block.cid))).toEqual(Buffer.from(block.bytes))
    }
  })

  test('blocks that no codec of ours understands come in and out too', async () => {
    await using open = await make()
    const bytes = Buffer.from(unique())
    const { multihash } = (await blockOf('raw', bytes)).link
    for (const codec of [0x78, 0x71, 0x70, 0x0129]) {
      const cid = CID.createV1(codec, multihash).toString()
      await keep(open.node.blocks, { cid, bytes })
      expect(Buffer.from(await open.node.blocks.get(cid))).toEqual(bytes)
    }
  })

  test('blocks by sha2-512 are kept too, and what a CID holds itself needs no keeping', async () => {
    await using open = await make()
    const bytes = Buffer.from(unique())
    const long = CID.createV1(0x55, await sha512.digest(bytes)).toString()
    await keep(open.node.blocks, { cid: long, bytes })
    expect(Buffer.from(await open.node.blocks.get(long))).toEqual(bytes)
    const inline = CID.createV1(0x55, identity.digest(Buffer.from('inline'))).toString()
    expect(Buffer.from(await open.node.blocks.get(inline)).toString()).toBe('inline')
    expect(await open.node.blocks.has(inline)).toBe(true)
  })

  test('a wrong block is refused, and so is one that nobody takes', async () => {
    await using open = await make()
    const { blocks: all } = open.node
    const right = await blockOf('raw', Buffer.from(unique()))
    await expect(keep(all, { ...right, bytes: Buffer.from('forged') })).rejects.toMatchObject({ code: 'INVALID_BLOCK' })
    expect(await all.has(right.cid)).toBe(false)
    const large = await blockOf('raw', Buffer.alloc(MAX_BLOCK_BYTES + 1, unique()))
    await expect(keep(all, large)).rejects.toMatchObject({ code: 'FILE_TOO_LARGE' })
    const blake = 'bafk2bzaceacufzhhfmkrzaz5ky7kvdx2i3ogqzcqlgzrpcyxqrkkqrmqz3a5o'
    await expect(keep(all, { cid: blake, bytes: Buffer.from('x') })).rejects.toMatchObject({ code: 'UNSUPPORTED' })
  })

  test('text that is no CID is refused', async () => {
    await using open = await make()
    const { blocks: all } = open.node
    for (const cid of ['', 'hello', '/ipfs/', 'bafy', 'b'.repeat(5000)]) {
      await expect(all.get(cid)).rejects.toMatchObject({ code: 'INVALID_CID' })
      await expect(all.has(cid)).rejects.toMatchObject({ code: 'INVALID_CID' })
      await expect(keep(all, { cid, bytes: Buffer.from('x') })).rejects.toMatchObject({ code: 'INVALID_CID' })
    }
  })

  test('what is on this machine can be listed', async () => {
    await using open = await make()
    const { cid } = await open.node.add(bytesOf(unique()))
    const block = await blockOf('dag-cbor', unique())
    await keep(open.node.blocks, block)
    const local = new Set(await Array.fromAsync(open.node.blocks.local()))
    expect(local).toContain(cid)
    expect(local).toContain(CID.createV1(0x55, block.link.multihash).toString())
  })
}

import * as dagPb from '@ipld/dag-pb'
import * as fc from 'fast-check'
import { CID } from 'multiformats/cid'
import { create } from 'multiformats/hashes/digest'
import { expect, test } from 'vitest'
import { linkBytes, nodeBlock } from '../../../src/content/unixfs/node-block.ts'

const digest = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => create(0x12, bytes))
const cid = fc.oneof(
  digest.map((hash) => CID.createV1(0x55, hash)),
  digest.map((hash) => CID.createV0(hash)),
)
const name = fc.oneof(fc.constant(''), fc.string({ unit: 'binary', maxLength: 300 }), fc.string({ unit: 'grapheme', maxLength: 8 }))
const link = fc.record({ name, cid, tsize: fc.oneof(fc.nat(300), fc.maxSafeNat()) })

test('a node has the bytes that the library gives it, and each link as many as are counted for it', () => {
  fc.assert(
    fc.property(fc.array(link), fc.uint8Array({ maxLength: 300 }), (links, data) => {
      const theirs = dagPb.encode(dagPb.prepare({ Data: data, Links: links.map((one) => ({ Hash: one.cid, Name: one.name, Tsize: one.tsize })) }))
      const ours = nodeBlock(links, data)
      expect(Buffer.from(ours).equals(theirs)).toBe(true)
      const bare = nodeBlock([], data).length
      expect(links.reduce((bytes, one) => bytes + linkBytes(one), bare)).toBe(ours.length)
    }),
  )
})

test('a size that cannot be counted is refused', () => {
  const child = { name: 'a', cid: CID.createV1(0x55, create(0x12, new Uint8Array(32))), tsize: Number.MAX_SAFE_INTEGER + 1 }
  expect(() => nodeBlock([child], new Uint8Array(0))).toThrow(expect.objectContaining({ code: 'NOT_UNIXFS' }))
})

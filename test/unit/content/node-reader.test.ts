import * as dagPb from '@ipld/dag-pb'
import * as fc from 'fast-check'
import { CID } from 'multiformats/cid'
import { create } from 'multiformats/hashes/digest'
import { expect, test } from 'vitest'
import { nodeBlock } from '../../../src/content/unixfs/node-block.ts'
import { readNode, type ReadNode } from '../../../src/content/unixfs/node-reader.ts'

const digest = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => create(0x12, bytes))
const cid = fc.oneof(
  digest.map((hash) => CID.createV1(0x55, hash)),
  digest.map((hash) => CID.createV1(0x0129, hash)),
  digest.map((hash) => CID.createV0(hash)),
  fc.uint8Array({ maxLength: 60 }).map((bytes) => CID.createV1(0x70, create(0x00, bytes))),
)
const name = fc.oneof(
  fc.constant(''),
  fc.constant('\uFEFFmarked'),
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string({ unit: 'grapheme', maxLength: 8 }),
)
const link = fc.record({
  name,
  cid,
  tsize: fc.oneof(
    fc.nat(300),
    fc.nat(2 ** 31 - 1).map((high) => high * 2 ** 17),
  ),
})

const told = (node: ReadNode | undefined) => node && { data: [...node.data], links: node.links.map((one) => ({ ...one, cid: one.cid.toString() })) }

function byLibrary(block: Uint8Array): ReadNode | undefined {
  try {
    const { Data = new Uint8Array(0), Links } = dagPb.decode(block)
    return { data: Data, links: Links.map(({ Name, Hash, Tsize }) => ({ name: Name ?? '', cid: Hash, tsize: Tsize ?? 0 })) }
  } catch {
    return undefined
  }
}

function read(block: Uint8Array): ReadNode | undefined {
  try {
    return readNode(block)
  } catch {
    return undefined
  }
}

/** What the library takes off. */
const unmarked = (node: ReadNode | undefined) =>
  node && { ...node, links: node.links.map((one) => ({ ...one, name: one.name.startsWith('\uFEFF') ? one.name.slice(1) : one.name })) }

test('what was written is read as it was', () => {
  fc.assert(
    fc.property(fc.array(link), fc.uint8Array({ maxLength: 300 }), (links, data) => {
      const node = readNode(nodeBlock(links, data))
      const byBytes = links.toSorted((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)))
      expect(told(node)).toEqual(told({ links: byBytes, data }))
    }),
  )
})

test('data may come first, as the library has it', () => {
  const [head, tail] = [
    nodeBlock([], Buffer.from('data')),
    nodeBlock([{ name: 'a', cid: CID.createV1(0x55, create(0x12, new Uint8Array(32))), tsize: 3 }], Buffer.of()),
  ]
  const block = Buffer.concat([head, tail.subarray(0, -2)])
  expect(told(readNode(block))).toEqual(told(byLibrary(block)))
  expect(readNode(block)?.links).toHaveLength(1)
})

test('of damaged blocks it reads none that the library refuses, and the others as the library does', () => {
  const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 })
  fc.assert(
    fc.property(fc.array(link, { maxLength: 4 }), fc.uint8Array({ maxLength: 20 }), damage, fc.nat(), (links, data, changes, cut) => {
      const block = Buffer.from(nodeBlock(links, data))
      for (const [at, byte] of changes) block[at % block.length] = byte
      const part = cut % 3 === 0 ? block.subarray(0, cut % (block.length + 1)) : block
      expect(told(unmarked(read(part)) ?? byLibrary(part))).toEqual(told(byLibrary(part)))
    }),
    { numRuns: 3000 },
  )
})

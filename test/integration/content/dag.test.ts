import type { CID } from 'multiformats/cid'
import { identity } from 'multiformats/hashes/identity'
import { CID as Cid } from 'multiformats/cid'
import { describe, expect, test } from 'vitest'
import { codecOf, CODECS, decodeBlock, inTurn, once, walk } from '../../../src/content/dag/index.ts'
import type { Block } from '../../../src/ipfs/types.ts'
import { blockOf, chain } from '../../support/dag.ts'

type Linked = Block & { readonly link: CID }

function memory(...blocks: readonly Linked[]) {
  const held = new Map(blocks.map(({ cid, bytes }) => [cid, bytes]))
  const asked: string[] = []
  const get = async (cid: CID): Promise<Uint8Array | undefined> => {
    asked.push(cid.toString())
    return held.get(cid.toString())
  }
  return { get, asked, add: ({ cid, bytes }: Block) => void held.set(cid, bytes) }
}

const names = async (visited: AsyncIterable<CID>): Promise<string[]> => (await Array.fromAsync(visited)).map(String)

describe('a walk', () => {
  test('follows the links of every codec, depth first in their order, each block once', async () => {
    const leaf = await blockOf('raw', Buffer.from('leaf'))
    const other = await blockOf('raw', Buffer.from('other'))
    const pb = await blockOf('dag-pb', {
      Links: [
        { Hash: other.link, Name: 'b', Tsize: 5 },
        { Hash: leaf.link, Name: 'a', Tsize: 4 },
      ],
    })
    const json = await blockOf('dag-json', { deep: [{ down: pb.link }] })
    const root = await blockOf('dag-cbor', { list: [json.link, leaf.link], bytes: new Uint8Array([1]), same: pb.link })
    const { get, asked } = memory(root, json, pb, leaf, other)
    expect(await names(walk(get, root.link))).toEqual([root.cid, json.cid, pb.cid, leaf.cid, other.cid])
    expect(asked).not.toContain(leaf.cid)
  })

  test('takes what it does not understand for a leaf, and content in a CID for what it is', async () => {
    const git = Cid.createV1(0x78, (await blockOf('raw', Buffer.from('blob'))).link.multihash)
    const inner = await blockOf('dag-cbor', [git])
    const inline = Cid.createV1(CODECS['dag-cbor'], identity.digest(inner.bytes))
    const root = await blockOf('dag-cbor', [inline, git])
    expect(await names(walk(memory(root).get, root.link))).toEqual([root.cid, inline.toString(), git.toString()])
  })

  test('goes through a chain of 100,000 blocks', async () => {
    const store = memory()
    let root: CID | undefined
    for await (const block of chain(100_000)) {
      store.add(block)
      root = block.link
    }
    let blocks = 0
    if (root) for await (const _ of walk(store.get, root)) blocks++
    expect(blocks).toBe(100_000)
  })

  test('holds no more than some blocks of a DAG that is deep and wide', async () => {
    const store = memory()
    let loading = 0
    let most = 0
    const get = async (cid: CID): Promise<Uint8Array | undefined> => {
      most = Math.max(most, ++loading)
      const block = await store.get(cid)
      loading--
      return block
    }
    let below: CID | null = null
    for (let depth = 0; depth < 50; depth++) {
      const wide: CID[] = []
      for (let index = 0; index < 40; index++) {
        const block: Linked = await blockOf('dag-cbor', { depth, index, below })
        store.add(block)
        wide.push(block.link)
      }
      const node: Linked = await blockOf('dag-cbor', wide)
      store.add(node)
      below = node.link
    }
    expect(below && (await names(walk(get, below))).length).toBe(50 * 41)
    expect(most).toBeLessThanOrEqual(17)
  })

  test('shares what it has seen with the next one', async () => {
    const shared = await blockOf('dag-cbor', 'shared')
    const [a, b] = [await blockOf('dag-cbor', { a: shared.link }), await blockOf('dag-cbor', { b: shared.link })]
    const { get, asked } = memory(shared, a, b)
    const visits = once()
    expect(await names(walk(get, a.link, { visits }))).toEqual([a.cid, shared.cid])
    expect(await names(walk(get, b.link, { visits }))).toEqual([b.cid])
    expect(asked.filter((cid) => cid === shared.cid)).toHaveLength(1)
  })

  test('ends where a block is not of its codec, unless it is to be lenient', async () => {
    const broken = { ...(await blockOf('dag-cbor', 1)), bytes: Buffer.from('\xff', 'latin1') }
    const root = await blockOf('dag-cbor', [broken.link])
    const { get } = memory(root, broken)
    await expect(names(walk(get, root.link))).rejects.toMatchObject({ code: 'INVALID_BLOCK', retryable: false })
    expect(await names(walk(get, root.link, { lenient: true }))).toEqual([root.cid, broken.cid])
    expect(await names(walk(async (cid) => (cid.equals(root.link) ? root.bytes : undefined), root.link))).toEqual([root.cid, broken.cid])
  })

  test('stops when it is cancelled', async () => {
    const root = await blockOf('dag-cbor', 1)
    await expect(names(walk(memory(root).get, root.link, { signal: AbortSignal.abort() }))).rejects.toMatchObject({ code: 'CANCELLED' })
  })
})

describe('a codec', () => {
  test.each(['dag-cbor', 'dag-json'] as const)('%s keeps what JSON cannot hold', async (codec) => {
    const { link } = await blockOf('raw', Buffer.from('x'))
    const value = { link, bytes: new Uint8Array([0, 255]), big: 18446744073709551615n, negative: -9007199254740993n, float: 1.5, none: null, list: [true, ''] }
    const { bytes, link: cid } = await blockOf(codec, value)
    expect(await decodeBlock(cid, bytes)).toEqual(value)
  })

  test('refuses a value nested deeper than the stack, and what is of no codec that we have', async () => {
    const bomb = Buffer.concat([Buffer.alloc(1_000_000, 0x81), Buffer.from([0x01])])
    const { link } = await blockOf('dag-cbor', 1)
    await expect(decodeBlock(link, bomb)).rejects.toMatchObject({ code: 'INVALID_BLOCK' })
    const json = await blockOf('dag-json', 1)
    await expect(decodeBlock(json.link, Buffer.from('['.repeat(1_000_000)))).rejects.toMatchObject({ code: 'INVALID_BLOCK' })
    await expect(decodeBlock(Cid.createV1(0x78, link.multihash), bomb)).rejects.toMatchObject({ code: 'UNSUPPORTED', hint: expect.stringContaining('dag-pb') })
    const raw = await codecOf(CODECS.raw)
    expect(() => raw?.encode('text')).toThrow(TypeError)
  })
})

test('what is loaded in turn comes in order, never too many at once', async () => {
  let open = 0
  let most = 0
  const load = async (item: number): Promise<number> => {
    most = Math.max(most, ++open)
    for (let turn = 0; turn < 10 - item; turn++) await Promise.resolve()
    open--
    return item * 2
  }
  const items = async function* () {
    for (let item = 0; item < 10; item++) yield item
  }
  expect(await Array.fromAsync(inTurn(items(), 3, load))).toEqual(Array.from({ length: 10 }, (_, item) => [item, item * 2]))
  expect(most).toBe(3)
})

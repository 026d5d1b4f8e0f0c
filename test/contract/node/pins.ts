import { expect, test } from 'vitest'
import { bytesOf } from '../../../src/core/bytes.ts'
import { CODECS } from '../../../src/content/dag/codec.ts'
import { cidOf } from '../../../src/content/unixfs/codec.ts'
import type { IpfsNode, PinQuery } from '../../../src/ipfs/types.ts'
import { blockOf, keep } from '../../support/dag.ts'
import { type MakeNode, rootOf, unique } from './make.ts'

/** No bytes, in the CID itself. */
const NOTHING = 'bafkqaaa'

export function pins(make: MakeNode): void {
  /** A folder with one file: the CIDs of both. */
  const folder = async (node: IpfsNode): Promise<{ readonly root: string; readonly file: string }> => {
    const root = await rootOf(node, [{ path: 'f', content: bytesOf(unique()) }])
    return { root, file: await node.resolve(`${root}/f`) }
  }

  /** What is listed of these CIDs: others may be pinned too. */
  const listed = async (node: IpfsNode, cids: readonly string[], query: PinQuery = {}): Promise<Record<string, string>> => {
    const found = (await Array.fromAsync(node.pins.list(query))).filter(({ cid }) => cids.includes(cid))
    return Object.fromEntries(found.map(({ cid, type, name }) => [cid, name === null ? type : `${type} ${name}`]))
  }

  test('a pin has a type and a name, and what lies below it is pinned indirectly', async () => {
    await using open = await make()
    const { node } = open
    const { root, file } = await folder(node)
    const name = unique('name')
    await node.pins.add(root, { name })
    expect(await listed(node, [root, file])).toEqual({ [root]: `recursive ${name}` })
    expect(await listed(node, [root, file], { type: 'all' })).toEqual({ [root]: `recursive ${name}`, [file]: 'indirect' })
    expect(await listed(node, [root, file], { type: 'indirect' })).toEqual({ [file]: 'indirect' })
    expect(await listed(node, [root, file], { type: 'all', cid: file })).toEqual({ [file]: 'indirect' })
    await node.pins.add(file, { recursive: false })
    expect(await listed(node, [root, file], { type: 'all' })).toEqual({ [root]: `recursive ${name}`, [file]: 'direct' })
    expect(await listed(node, [root, file], { type: 'direct' })).toEqual({ [file]: 'direct' })
  })

  test('pinning tells how many blocks are here', async () => {
    await using open = await make()
    const { root } = await folder(open.node)
    const heard: number[] = []
    await open.node.pins.add(root, { onProgress: (blocks) => void heard.push(blocks) })
    expect(heard).toEqual(heard.toSorted((a, b) => a - b))
    expect(heard.at(-1)).toBe(2)
  })

  test('pins are listed in the order of their CIDs, from any place on', async () => {
    await using open = await make()
    const made = await Promise.all(Array.from({ length: 5 }, () => folder(open.node)))
    for (const { root } of made) await open.node.pins.add(root)
    const all = (await Array.fromAsync(open.node.pins.list({ type: 'all' }))).map(({ cid }) => cid)
    expect(all).toEqual(all.toSorted())
    expect(all).toEqual(expect.arrayContaining(made.flatMap(({ root, file }) => [root, file])))
    const middle = all[Math.floor(all.length / 2)] ?? ''
    const rest = (await Array.fromAsync(open.node.pins.list({ type: 'all', after: middle }))).map(({ cid }) => cid)
    expect(rest).toEqual(all.slice(all.indexOf(middle) + 1))
  })

  test('links of every codec are followed', async () => {
    await using open = await make()
    const leaf = await blockOf('raw', Buffer.from(unique()))
    const json = await blockOf('dag-json', { leaf: leaf.link })
    const root = await blockOf('dag-cbor', [{ json: json.link }])
    await keep(open.node.blocks, leaf, json, root)
    await open.node.pins.add(root.cid)
    const cids = [leaf.cid, json.cid, root.cid]
    expect(await listed(open.node, cids, { type: 'all' })).toEqual({ [root.cid]: 'recursive', [json.cid]: 'indirect', [leaf.cid]: 'indirect' })
  })

  test('a pin of all below is not made less by a direct one; a direct one can become one', async () => {
    await using open = await make()
    const { node } = open
    const { root } = await folder(node)
    await node.pins.add(root, { recursive: false, name: 'kept' })
    await node.pins.add(root)
    await node.pins.add(root)
    expect(await listed(node, [root])).toEqual({ [root]: 'recursive kept' })
    await expect(node.pins.add(root, { recursive: false })).rejects.toMatchObject({ code: 'ALREADY_EXISTS' })
    await node.pins.remove(root)
    await expect(node.pins.remove(root)).rejects.toMatchObject({ code: 'NOT_PINNED' })
    expect(await listed(node, [root], { type: 'all' })).toEqual({})
  })

  test('nothing is pinned whose links cannot be read: a block that is no block of its codec, right as it is by its hash', async () => {
    await using open = await make()
    const { node } = open
    const deep = `${'81'.repeat(1_000_000)}01`
    const wrong: Readonly<Record<'dag-cbor' | 'dag-json' | 'dag-pb', readonly string[]>> = {
      'dag-cbor': ['8201', 'ff', '0102', '1c', '', 'a10101', 'd82a4100', '9b7fffffffffffffff', 'f97e00', deep],
      'dag-json': ['{', 'nonsense', '1 2', '', '{"/":"x"}'].map((text) => Buffer.from(text).toString('hex')),
      'dag-pb': ['0aff', '12020a00', '0801'],
    }
    for (const codec of ['dag-cbor', 'dag-json', 'dag-pb'] as const)
      for (const hex of wrong[codec]) {
        const bytes = Buffer.from(hex, 'hex')
        const cid = cidOf(CODECS[codec], bytes).toString()
        await keep(node.blocks, { cid, bytes })
        const refused = { code: 'INVALID_BLOCK', retryable: false, hint: expect.stringContaining('ipfs_block_get') }
        for (const recursive of [true, false]) await expect(node.pins.add(cid, { recursive }), `${codec} ${hex.slice(0, 20)}`).rejects.toMatchObject(refused)
        expect(await listed(node, [cid])).toEqual({})
      }
  })

  test('a pin moves to another CID with its name', async () => {
    await using open = await make()
    const { node } = open
    const [a, b, c] = [await folder(node), await folder(node), await folder(node)]
    const name = unique('name')
    await node.pins.add(a.root, { name })
    await node.pins.update(a.root, b.root)
    expect(await listed(node, [a.root, b.root])).toEqual({ [b.root]: `recursive ${name}` })
    await node.pins.update(b.root, c.root, { unpin: false })
    expect(await listed(node, [b.root, c.root])).toEqual({ [b.root]: `recursive ${name}`, [c.root]: 'recursive' })
    await node.pins.update(c.root, c.root)
    expect(await listed(node, [c.root])).toEqual({ [c.root]: 'recursive' })
    await expect(node.pins.update(a.root, b.root)).rejects.toMatchObject({ code: 'NOT_PINNED' })
  })

  test('what holds its content itself is pinned again, and gets a name', async () => {
    await using open = await make()
    const { node } = open
    await node.pins.add(NOTHING)
    await node.pins.add(NOTHING)
    await node.pins.add(NOTHING, { name: 'mine' })
    expect(await listed(node, [NOTHING])).toEqual({ [NOTHING]: 'recursive mine' })
    await node.pins.remove(NOTHING)
  })
}

import { CarReader } from '@ipld/car/reader'
import { CarWriter } from '@ipld/car/writer'
import { expect, test } from 'vitest'
import type { CodecName } from '../../../src/content/dag/index.ts'
import { parseCid } from '../../../src/content/unixfs/index.ts'
import { bytesOf } from '../../../src/core/bytes.ts'
import { carOf, importCar } from '../../../src/ipfs/dag/archives.ts'
import { encodeAs, putValue, refs, valueAt } from '../../../src/ipfs/dag/index.ts'
import type { IpfsNode } from '../../../src/ipfs/types.ts'
import { text } from '../../support/content.ts'
import { blockOf, chain, keep } from '../../support/dag.ts'
import { each, type MakeNode, rootOf, unique } from './make.ts'

export function dag(make: MakeNode): void {
  const put = async (node: IpfsNode, value: unknown, storeCodec: CodecName = 'dag-cbor'): Promise<string> =>
    putValue(node, await encodeAs('dag-json', value), { inputCodec: 'dag-json', storeCodec, hash: 'sha2-256' })

  test('values come back as they were, from any codec and across links', async () => {
    await using open = await make()
    const { node } = open
    const name = unique()
    const folder = await rootOf(node, [{ path: `d/${name}`, content: bytesOf(name) }])
    const inner = await put(node, { folder: parseCid(folder), big: 2n ** 64n - 1n }, 'dag-json')
    const root = await put(node, { name, inner: [parseCid(inner)], bytes: new Uint8Array([1, 2, 3]) })
    expect((await valueAt(node, root)).value).toEqual({ name, inner: [parseCid(inner)], bytes: new Uint8Array([1, 2, 3]) })
    expect(await valueAt(node, `${root}/inner/0/big`)).toMatchObject({ cid: parseCid(inner), remainder: ['big'], value: 2n ** 64n - 1n })
    const file = await valueAt(node, `/ipfs/${root}/inner/0/folder/d/${name}`)
    expect(Buffer.from(file.value as Uint8Array).toString()).toBe(name)
    expect(await node.stat(`${root}/inner/0/folder/d/${name}`)).toMatchObject({ kind: 'file', size: name.length })
    expect(await text(node.read(`/ipfs/${root}/inner/0/folder/d/${name}`))).toBe(name)
    await expect(node.resolve(`${root}/inner/0/none`)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(node.resolve(`${root}/inner/0/big`)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    await expect(valueAt(node, `${root}/none`)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  test('a path finds a name in a sharded folder', async () => {
    await using open = await make()
    const prefix = unique()
    const sources = Array.from({ length: 5000 }, (_, index) => ({ path: `${prefix}-${index}`, content: bytesOf(`${index}`) }))
    const root = await rootOf(open.node, sources)
    const { Data } = (await valueAt(open.node, root)).value as { readonly Data: Uint8Array }
    expect(Data[1]).toBe(5) // a HAMT
    const { value } = await valueAt(open.node, `${root}/${prefix}-4321`)
    expect(Buffer.from(value as Uint8Array).toString()).toBe('4321')
    await expect(valueAt(open.node, `${root}/${prefix}-5000`)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  }, 60_000)

  test('a path of 4,096 names is followed, and one that goes on where nothing is left is refused', async () => {
    await using open = await make()
    let root = await put(open.node, unique())
    for (let level = 0; level < 4096; level += 512) {
      let value: unknown = parseCid(root)
      for (let depth = 0; depth < 512; depth++) value = { a: value }
      root = await put(open.node, value)
    }
    expect(await valueAt(open.node, root + '/a'.repeat(4096))).toMatchObject({ remainder: [], value: expect.any(String) })
    await expect(valueAt(open.node, root + '/a'.repeat(100_000))).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  test('a chain of blocks is pinned and its links are told, however long it is', async () => {
    await using open = await make()
    const { node } = open
    const links = await Array.fromAsync(chain(3000, unique()))
    await keep(node.blocks, ...links)
    const root = links.at(-1)?.cid ?? ''
    await node.pins.add(root)
    const told = await Array.fromAsync(refs(node, root, { unique: true, maxDepth: Infinity }))
    expect(told).toEqual(
      links
        .slice(0, -1)
        .toReversed()
        .map(({ cid }) => cid),
    )
    await node.pins.remove(root)
  }, 60_000)

  test('a CAR holds all below its root once, and is taken in block by block', async () => {
    await using open = await make()
    const { node } = open
    const leaf = await blockOf('raw', Buffer.from(unique()))
    const inner = await blockOf('dag-pb', { Links: [{ Hash: leaf.link, Name: 'leaf', Tsize: 1 }] })
    const root = await blockOf('dag-cbor', { again: leaf.link, inner: inner.link })
    const { writer, out } = CarWriter.create([root.link])
    const archive = Array.fromAsync(out)
    for (const { link, bytes } of [leaf, root, inner]) await writer.put({ cid: link, bytes })
    await writer.close()
    expect(await importCar(node, each(await archive))).toMatchObject({ roots: [root.cid], blocks: 3 })
    const car = await CarReader.fromIterable(carOf(node, root.link))
    expect((await car.getRoots()).map(String)).toEqual([root.cid])
    const told = await Array.fromAsync(car.blocks())
    expect(told.map(({ cid }) => String(cid))).toEqual([root.cid, leaf.cid, inner.cid])
    expect(Buffer.from(told[1]?.bytes ?? [])).toEqual(Buffer.from(leaf.bytes))
    const missing = await put(node, [leaf.link, (await blockOf('raw', Buffer.from(unique()))).link])
    await expect(Array.fromAsync(carOf(node, parseCid(missing)))).rejects.toMatchObject({ code: 'OFFLINE' })
  })
}

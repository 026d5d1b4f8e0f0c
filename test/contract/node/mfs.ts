import { expect, test } from 'vitest'
import { bytesOf } from '../../../src/core/bytes.ts'
import type { IpfsNode } from '../../../src/ipfs/types.ts'
import { each, type MakeNode, rootOf, unique } from './make.ts'

const add = async (node: IpfsNode, content: string): Promise<string> => (await node.add(bytesOf(content))).cid

/** An empty folder of its own in the mutable tree. */
async function ground(node: IpfsNode): Promise<string> {
  const path = `/${unique('mfs')}`
  await node.mfs.link(path, await rootOf(node, []), { expect: null })
  return path
}

const names = async (node: IpfsNode, path: string): Promise<string[]> => (await Array.fromAsync(node.mfs.list(path))).map(({ name }) => name)

/** The most files of one name's length that stand in one block; of one more the folder is sharded. */
const FITTING = 4854
const file = (i: number): string => `file-${String(i).padStart(5, '0')}`
const files = (count: number) => Array.from({ length: count }, (_, i) => ({ path: file(i), content: bytesOf('x') }))

export function mutableTree(make: MakeNode): void {
  test('folders of the mutable tree have the CID of the same folder added', async () => {
    await using open = await make()
    const { node } = open
    const at = await ground(node)
    const empty = await rootOf(node, [])
    await node.mfs.link(`${at}/d`, empty, { expect: null })
    await node.mfs.link(`${at}/d/empty`, empty, { expect: null })
    await node.mfs.link(`${at}/d/f`, await add(node, 'one'), { expect: null })
    await node.mfs.link(`${at}/é ?#%&=`, await add(node, 'two'), { expect: null })
    await node.mfs.move(`${at}/é ?#%&=`, `${at}/d/g h`)
    const same = await rootOf(node, [{ path: 'd/empty' }, { path: 'd/f', content: bytesOf('one') }, { path: 'd/g h', content: bytesOf('two') }])
    expect((await node.mfs.stat(at)).cid).toBe(same)
    expect(await node.resolve(`${await node.mfs.root()}${at}/d/f`)).toBe(await add(node, 'one'))
  })

  test('a folder that outgrows its block and shrinks again has the CID of the same folder added, before and after', async () => {
    await using open = await make()
    const { node } = open
    const at = `/${unique('mfs')}`
    const leaf = await add(node, 'x')
    const counts = [FITTING - 1, FITTING, FITTING + 1, FITTING + 2]
    const added: string[] = []
    for (const count of counts) added[count] = await rootOf(node, files(count))
    expect((await node.stat(added[FITTING] ?? '')).links).toBe(FITTING)
    expect((await node.stat(added[FITTING + 1] ?? '')).links).toBeLessThanOrEqual(256)
    await node.mfs.link(at, added[FITTING - 1] ?? '', { expect: null })
    for (const count of counts.slice(1)) {
      await node.mfs.link(`${at}/${file(count - 1)}`, leaf, { expect: null })
      expect([count, (await node.mfs.stat(at)).cid]).toEqual([count, added[count]])
    }
    for (const count of counts.slice(0, -1).toReversed()) {
      await node.mfs.unlink(`${at}/${file(count)}`)
      expect([count, (await node.mfs.stat(at)).cid]).toEqual([count, added[count]])
    }
  })

  test('link replaces what is expected, and nothing else', async () => {
    await using open = await make()
    const { node } = open
    const at = await ground(node)
    const [one, two] = [await add(node, unique()), await add(node, unique())]
    await node.mfs.link(`${at}/f`, one)
    await expect(node.mfs.link(`${at}/f`, two, { expect: null })).rejects.toMatchObject({ code: 'CONFLICT' })
    await expect(node.mfs.link(`${at}/f`, two, { expect: two })).rejects.toMatchObject({ code: 'CONFLICT' })
    await expect(node.mfs.link(`${at}/none`, two, { expect: one })).rejects.toMatchObject({ code: 'CONFLICT' })
    await node.mfs.link(`${at}/f`, two, { expect: one })
    expect((await node.mfs.stat(`${at}/f`)).cid).toBe(two)
    await node.mfs.link(`${at}/f`, two)
    await node.mfs.link(`${at}/f`, one)
    expect((await node.mfs.stat(`${at}/f`)).cid).toBe(one)
    await expect(node.mfs.link(`${at}/no/folder`, one)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(node.mfs.link(`${at}/f/below`, one)).rejects.toMatchObject({ code: 'NOT_DIRECTORY' })
  })

  test('unlink takes out a file or a whole folder', async () => {
    await using open = await make()
    const { node } = open
    const at = await ground(node)
    const tree = await rootOf(node, [{ path: 'a/b', content: bytesOf(unique()) }])
    await node.mfs.link(`${at}/d`, tree)
    await node.mfs.link(`${at}/f`, await add(node, 'f'))
    await expect(node.mfs.unlink(`${at}/f`, { expect: tree })).rejects.toMatchObject({ code: 'CONFLICT' })
    await node.mfs.unlink(`${at}/f`)
    await node.mfs.unlink(`${at}/d`, { expect: tree })
    expect(await names(node, at)).toEqual([])
    await expect(node.mfs.unlink(`${at}/d`)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(node.mfs.stat(`${at}/d`)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect((await node.mfs.stat(at)).cid).toBe(await rootOf(node, []))
  })

  test('move never replaces, never goes into itself, and takes folders along', async () => {
    await using open = await make()
    const { node } = open
    const at = await ground(node)
    const tree = await rootOf(node, [{ path: 'x', content: bytesOf(unique()) }])
    await node.mfs.link(`${at}/d`, tree)
    await node.mfs.link(`${at}/e`, tree)
    await node.mfs.link(`${at}/f`, await add(node, 'f'))
    await expect(node.mfs.move(`${at}/f`, `${at}/e`)).rejects.toMatchObject({ code: 'ALREADY_EXISTS' })
    await expect(node.mfs.move(`${at}/d`, `${at}/f`)).rejects.toMatchObject({ code: 'ALREADY_EXISTS' })
    await expect(node.mfs.move(`${at}/d`, `${at}/d/inside`)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    await expect(node.mfs.move(`${at}/none`, `${at}/g`)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(node.mfs.move(`${at}/f`, `${at}/g`, { expect: tree })).rejects.toMatchObject({ code: 'CONFLICT' })
    await node.mfs.move(`${at}/d`, `${at}/e/d`, { expect: tree })
    expect(await names(node, at)).toEqual(['e', 'f'])
    expect((await node.mfs.stat(`${at}/e/d`)).cid).toBe(tree)
  })

  test('what moves between two folders of one name stays behind in neither', async () => {
    await using open = await make()
    const { node } = open
    const at = await ground(node)
    const [empty, cid] = [await rootOf(node, []), await add(node, unique())]
    for (const path of ['/m', '/n', '/m/same', '/n/same']) await node.mfs.link(at + path, empty)
    await node.mfs.link(`${at}/m/same/f`, cid)
    await node.mfs.move(`${at}/m/same/f`, `${at}/n/same/f`)
    expect((await node.mfs.stat(`${at}/n/same/f`)).cid).toBe(cid)
    expect(await names(node, `${at}/m/same`)).toEqual([])
  })

  test('list goes on from a name', async () => {
    await using open = await make()
    const { node } = open
    const at = await ground(node)
    for (const name of ['c', 'a', 'b']) await node.mfs.link(`${at}/${name}`, await add(node, name))
    expect(await names(node, at)).toEqual(['a', 'b', 'c'])
    expect((await Array.fromAsync(node.mfs.list(at, { after: 'a' }))).map(({ name }) => name)).toEqual(['b', 'c'])
    await expect(names(node, `${at}/a`)).rejects.toMatchObject({ code: 'NOT_DIRECTORY' })
  })

  test('changes at once are all there afterwards', async () => {
    await using open = await make()
    const { node } = open
    const at = await ground(node)
    const cid = await add(node, 'x')
    const all = Array.from({ length: 24 }, (_, i) => `n${String(i).padStart(2, '0')}`)
    await Promise.all(all.map((name) => node.mfs.link(`${at}/${name}`, cid, { expect: null })))
    expect(await names(node, at)).toEqual(all)
    const added = await Array.fromAsync(node.addTree(each(all.map((path) => ({ path, content: bytesOf('x') })))))
    expect((await node.mfs.stat(at)).cid).toBe(added.at(-1)?.cid)
  })
}

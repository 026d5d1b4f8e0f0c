import { join } from 'node:path'
import { expect, test } from 'vitest'
import { IpfsBackend } from '../../../backends/ipfs/ipfs.ts'
import { bytesOf } from '../../../src/core/bytes.ts'
import { vfsPath as p } from '../../../src/core/path.ts'
import { Draft, type GetBlock, Nodes } from '../../../src/content/unixfs/index.ts'
import { Database } from '../../../src/sqlite/database.ts'
import { blockOf, keep } from '../../support/dag.ts'
import { openNode, temporaryFolder, text, withNode } from '../../support/content.ts'

const names = async (backend: IpfsBackend) => (await Array.fromAsync(backend.list(p('/')))).map(({ name }) => name)

test('pins outlive the process, and are listed by name where they have one', async () => {
  await using folder = await temporaryFolder()
  const cids: string[] = []
  {
    await using open = await openNode(folder.path)
    for (const content of ['a', 'b', 'c', 'd']) cids.push((await open.node.add(bytesOf(content))).cid)
    const [a = '', b = '', c = '', d = ''] = cids.toSorted()
    await open.node.pins.add(a, { name: 'notes' })
    await open.node.pins.add(b, { name: 'notes' })
    await open.node.pins.add(c, { name: 'no/path' })
    await open.node.pins.add(d, { recursive: false })
  }
  await using open = await openNode(folder.path)
  const [a = '', b = '', c = '', d = ''] = cids.toSorted()
  const backend = new IpfsBackend(open.node)
  expect(await names(backend)).toEqual([b, c, d, 'notes'])
  expect(await backend.stat(p('/notes'))).toMatchObject({ kind: 'file', cid: a, etag: a.slice(-12) })
  expect((await Array.fromAsync(backend.list(p('/'), { after: c, details: true }))).map(({ name, cid }) => [name, cid])).toEqual([
    [d, d],
    ['notes', a],
  ])
  expect((await Array.fromAsync(open.node.pins.list())).map(({ type }) => type)).toEqual(['recursive', 'recursive', 'recursive', 'direct'])
  await open.node.pins.remove(a)
  await expect(open.node.pins.remove(a)).rejects.toMatchObject({ code: 'NOT_PINNED' })
  expect(await names(backend)).toEqual([c, d, 'notes'])
})

test('a pin that is named like a CID does not stand in its place', async () => {
  await withNode(async (node) => {
    const [real, forged] = [await node.add(bytesOf('real')), await node.add(bytesOf('forged'))]
    await node.pins.add(forged.cid, { name: real.cid })
    const backend = new IpfsBackend(node)
    expect(await text(backend.read(p(`/${real.cid}`)))).toBe('real')
    await expect(backend.stat(p('/nothing'))).rejects.toMatchObject({ code: 'NOT_FOUND', path: '/nothing' })
    await expect(backend.read(p('/'))[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'IS_DIRECTORY' })
    expect(await backend.stat(p('/'))).toMatchObject({ kind: 'directory' })
  })
})

test('names that no path can hold are not shown', async () => {
  await withNode(async (node, content) => {
    const leaf = await node.add(bytesOf('x'))
    const get: GetBlock = async (cid) => (await content.blocks.get(cid.multihash.bytes)) ?? new Uint8Array()
    const draft = new Draft(await node.mfs.root(), new Nodes(get))
    for (const name of ['..', 'a/b', '', 'fine']) await draft.set([name], leaf.cid)
    await draft.commit(content.shown().blocks, (batch) => batch.commit())
    const backend = new IpfsBackend(node)
    expect((await Array.fromAsync(backend.list(p(`/${draft.root}`)))).map(({ name }) => name)).toEqual(['fine'])
  })
})

test('a block that was lost hides what lies below it, and nothing else', async () => {
  await withNode(async (node, _, folder) => {
    const leaf = await blockOf('raw', Buffer.from('leaf'))
    const inner = await blockOf('dag-cbor', [leaf.link])
    const [root, other] = [await blockOf('dag-cbor', { inner: inner.link }), await blockOf('dag-cbor', 'other')]
    await keep(node.blocks, leaf, inner, root, other)
    await node.pins.add(root.cid)
    await node.pins.add(other.cid)
    const listed = async (): Promise<string[]> => (await Array.fromAsync(node.pins.list({ type: 'all' }))).map(({ cid }) => cid)
    expect(await listed()).toEqual([leaf, inner, root, other].map(({ cid }) => cid).toSorted())
    const index = new Database(join(folder, 'blocks.db'))
    index.run('DELETE FROM block WHERE multihash = ?', inner.link.multihash.bytes)
    index.close()
    expect(await listed()).toEqual([inner, root, other].map(({ cid }) => cid).toSorted())
    await expect(node.pins.add(root.cid)).rejects.toMatchObject({ code: 'OFFLINE' })
  })
})

test('a pin whose block was lost is not listed as a file, and all others are', async () => {
  await withNode(async (node, _, folder) => {
    const [lost, here] = [await blockOf('raw', Buffer.from('lost')), await blockOf('raw', Buffer.from('here'))]
    await keep(node.blocks, lost, here)
    for (const { cid } of [lost, here]) await node.pins.add(cid)
    const index = new Database(join(folder, 'blocks.db'))
    index.run('DELETE FROM block WHERE multihash = ?', lost.link.multihash.bytes)
    index.close()
    const backend = new IpfsBackend(node)
    expect(await names(backend)).toEqual([here.cid])
    expect(backend.notes()).toEqual([expect.stringContaining(lost.cid)])
  })
})

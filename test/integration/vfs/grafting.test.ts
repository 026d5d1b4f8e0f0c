import { expect, test } from 'vitest'
import { IpfsBackend } from '../../../backends/ipfs/ipfs.ts'
import { MfsBackend } from '../../../backends/mfs/mfs.ts'
import { bytesOf } from '../../../src/core/bytes.ts'
import { vfsPath as p } from '../../../src/core/path.ts'
import type { IpfsNode } from '../../../src/ipfs/types.ts'
import { withNode } from '../../support/content.ts'
import { call, openTestVfs, type TestVfs } from '../../support/vfs.ts'

async function withTrees(run: (t: TestVfs, node: IpfsNode, root: string) => Promise<void>, rules: { deny?: string[] } = {}): Promise<void> {
  await withNode(async (node, _, folder) => {
    await using t = await openTestVfs({ '/ipfs': new IpfsBackend(node), '/mfs': new MfsBackend(node), '/m': {} }, { folder, ...rules })
    const nodes = await Array.fromAsync(node.addTree(tree()))
    await run(t, node, nodes.at(-1)?.cid ?? '')
  })
}

async function* tree() {
  yield { path: 'a/f', content: bytesOf('one') }
  yield { path: 'a/link', target: 'f' }
  yield { path: 'b', content: bytesOf('two') }
}

test('a folder is copied out of IPFS as one, links and all, and one undo takes it away', async () => {
  await withTrees(async (t, node, root) => {
    const { change, stat } = await t.vfs.copy(p(`/ipfs/${root}`), p('/mfs/made/tree'), call)
    expect(stat?.cid).toBe(root)
    expect(await t.text('/mfs/made/tree/a/f')).toBe('one')
    expect((await t.vfs.history(p('/mfs'), { ...call, limit: 9 })).map(({ kind }) => kind)).toEqual(['copy'])
    await t.vfs.undo({ change: change ?? '' }, call)
    expect(await t.names('/mfs')).toEqual([])
    expect(await node.mfs.root()).toBe((await Array.fromAsync(node.addTree(nothing()))).at(-1)?.cid)
  })
})

test('what rules hide is not carried along', async () => {
  await withTrees(
    async (t, _, root) => {
      await t.vfs.copy(p(`/ipfs/${root}`), p('/mfs/tree'), call)
      expect(await t.names('/mfs/tree')).toEqual(['a'])
    },
    { deny: ['b'] },
  )
})

test('a folder in the place of another is undone, unless somebody changed it since', async () => {
  await withTrees(async (t, node, root) => {
    await t.write('/mfs/d/f', 'before', { parents: true })
    const first = await t.vfs.graft(p('/mfs/d'), root, call)
    await t.vfs.undo({ change: first.change ?? '' }, call)
    expect(await t.text('/mfs/d/f')).toBe('before')
    const again = await t.vfs.graft(p('/mfs/d'), root, call)
    await node.mfs.unlink('/d/b') // by other hands than the journal's
    expect((await t.vfs.undo({ change: again.change ?? '' }, call)).conflicts).toMatchObject([{ path: '/mfs/d' }])
  })
})

test('a file in the place of another is kept, guarded and told in its history', async () => {
  await withTrees(async (t, node, root) => {
    await t.write('/mfs/f', 'before')
    const cid = await node.resolve(`${root}/b`)
    await expect(t.vfs.graft(p('/mfs/f'), cid, { ...call, ifMatch: 'other' })).rejects.toMatchObject({ code: 'CONFLICT', path: '/mfs/f' })
    const { change } = await t.vfs.graft(p('/mfs/f'), cid, call)
    expect(await t.text('/mfs/f')).toBe('two')
    const kept = await t.vfs.version(p('/mfs/f'), change ?? '', { ...call, replaced: true })
    expect(Buffer.concat(await Array.fromAsync(kept.read())).toString()).toBe('before')
    await t.vfs.undo({ change: change ?? '' }, call)
    expect(await t.text('/mfs/f')).toBe('before')
  })
})

test('what is kept as a part of its folder says so', async () => {
  await withTrees(async (t, _, root) => {
    await t.write('/mfs/d/f', 'before', { parents: true })
    const { change } = await t.vfs.graft(p('/mfs/d'), root, call)
    await expect(t.vfs.version(p('/mfs/d/f'), change ?? '', { ...call, replaced: true })).rejects.toMatchObject({ code: 'VERSION_NOT_FOUND' })
  })
})

test('other storages take nothing by its CID', async () => {
  await withTrees(async (t, _, root) => {
    await expect(t.vfs.graft(p('/m/x'), root, call)).rejects.toMatchObject({ code: 'UNSUPPORTED', path: '/m/x' })
    await expect(t.vfs.graft(p('/ipfs/x'), root, call)).rejects.toMatchObject({ code: 'READ_ONLY' })
  })
})

async function* nothing(): AsyncGenerator<never> {}

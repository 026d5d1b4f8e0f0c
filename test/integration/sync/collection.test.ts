import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CID } from 'multiformats/cid'
import { expect, onTestFinished, test } from 'vitest'
import { MemoryBackend } from '../../../backends/memory/memory.ts'
import { rawCid } from '../../../src/core/cid.ts'
import { vfsPath as p } from '../../../src/core/path.ts'
import type { Collected } from '../../../src/content/collect/types.ts'
import { embeddedRoots } from '../../../src/ipfs/embedded/roots.ts'
import { kuboNode } from '../../../src/ipfs/kubo/index.ts'
import { Database } from '../../../src/sqlite/database.ts'
import { Child } from '../../support/children.ts'
import { openContentStore } from '../../../src/content/store.ts'
import { text } from '../../support/content.ts'
import { onKubo } from '../../support/on-kubo.ts'
import { many, plant, type SyncGround, syncGround } from '../../support/sync.ts'
import { call } from '../../support/vfs.ts'

const LEAF = 1 << 20

const temporary = async (): Promise<string> => {
  const root = await mkdtemp(join(tmpdir(), 'polymount-sync-'))
  onTestFinished(() => rm(root, { recursive: true, force: true }))
  return root
}

/** Reads every file of a root back from the node; how many there are. */
async function readBack({ vfs }: SyncGround, cid: string): Promise<number> {
  const { created } = await vfs.mirror(p(`/ipfs/${cid}`), p(`/back/${cid}`), call)
  return created.filter((path) => /\/f\d+$/.test(path)).length
}

/** What the program does as `polymount gc`. */
async function collect(root: string): Promise<Collected> {
  const folder = join(root, 'data')
  await using content = await openContentStore({ folder })
  return await content.collect(() => embeddedRoots(folder, content))
}

test('a collection leaves what the index names, pinned or not, and takes what the last sync named no longer', async () => {
  const root = await temporary()
  await using ground = await syncGround({ root, mounts: { '/back': new MemoryBackend() } })
  await plant(ground.work, many(300))
  await ground.toIpfs()
  // Each file is a block, and each of 4 folders.
  expect(await collect(root)).toMatchObject({ freed: { blocks: 0 }, kept: { sync: { blocks: 304 } } })
  await writeFile(join(ground.work, 'd0/f0'), 'changed')
  const { cid, added } = await ground.toIpfs()
  expect(added).toBe(1)
  expect((await collect(root)).freed).toMatchObject({ blocks: 3 }) // the file as it was, its folder and the root
  expect(await readBack(ground, cid)).toBe(300)
})

test('what a sync that was killed had done survives a collection too', async () => {
  const root = await temporary()
  await plant(join(root, 'work'), many(4500))
  const child = new Child(new URL('../../support/syncer.ts', import.meta.url), root)
  for (let line = ''; line !== '4010';) line = await child.line() // the second batch waits until the first is durable
  await child.kill()
  await collect(root)
  await using ground = await syncGround({ root, mounts: { '/back': new MemoryBackend() } })
  const { cid, reused } = await ground.toIpfs()
  expect(reused).toBeGreaterThanOrEqual(2000)
  expect(await readBack(ground, cid)).toBe(4500)
}, 90_000)

const rotten = (file: string): Promise<void> => writeFile(file, Buffer.alloc(LEAF))

test.each([
  ['lost', (file: string) => rm(file), false],
  ['cut short', (file: string) => truncate(file, 1000), false],
  ['damaged, as a reader has noticed', rotten, true],
])('a file of which the disk of the node has %s a part is read again, and no other', async (_, spoil, isRead) => {
  await using ground = await syncGround({ mounts: { '/back': new MemoryBackend() } })
  await plant(ground.work, { ...many(300), 'big/f300': 'x'.repeat(LEAF) + 'y'.repeat(LEAF), 'big/f301': 'z'.repeat(LEAF) })
  const first = await ground.toIpfs()
  const { multihash } = CID.parse(rawCid(Buffer.alloc(LEAF, 'y')))
  const name = Buffer.from(multihash.bytes).toString('hex')
  await spoil(join(ground.work, '../data/blocks', name.slice(-2), name))
  if (isRead) await text(ground.node.read(`${first.cid}/big/f300`)).catch(() => '')
  expect(await ground.toIpfs()).toMatchObject({ cid: first.cid, added: 1, reused: 301 })
  expect(await readBack(ground, first.cid)).toBe(302)
  expect(await ground.toIpfs()).toMatchObject({ cid: first.cid, added: 0, reused: 302 })
})

test('one small file of a folder of very many is read again, if its block alone is gone', async () => {
  await using ground = await syncGround({ mounts: { '/back': new MemoryBackend() } })
  await plant(ground.work, Object.fromEntries(Array.from({ length: 1500 }, (_, i) => [`all/${1000 + i}`, `of ${i}`])))
  const first = await ground.toIpfs()
  const index = new Database(join(ground.work, '../data/blocks.db'))
  expect(index.run('DELETE FROM block WHERE multihash = ?', CID.parse(rawCid(Buffer.from('of 1400'))).multihash.bytes)).toBe(1)
  index.close()
  expect(await ground.toIpfs()).toMatchObject({ cid: first.cid, added: 1, reused: 1499 })
  expect(await text(ground.node.read(`${first.cid}/all/2400`))).toBe('of 1400')
})

test('a folder whose own block the node has lost is built again, of files that nobody reads', async () => {
  await using ground = await syncGround({ mounts: { '/back': new MemoryBackend() } })
  await plant(ground.work, many(300))
  const first = await ground.toIpfs()
  const { cid } = await ground.node.stat(`${first.cid}/d1`)
  const index = new Database(join(ground.work, '../data/blocks.db'))
  expect(index.run('DELETE FROM block WHERE multihash = ?', CID.parse(cid).multihash.bytes)).toBe(1)
  index.close()
  expect(await ground.toIpfs()).toMatchObject({ cid: first.cid, added: 0, reused: 300 })
  expect(await ground.node.blocks.has(cid)).toBe(true)
})

onKubo(
  'a sync',
  (daemon) => {
    test('goes on where it was, whatever the daemon collects meanwhile', async () => {
      const root = await temporary()
      await using node = await kuboNode({ endpoint: async () => ({ url: daemon.url }), folder: root, network: 'off', repository: 'test' })
      await using ground = await syncGround({ root, node, mounts: { '/back': new MemoryBackend() } })
      await plant(ground.work, many(300))
      const first = await ground.toIpfs()
      expect(first.cid).toBe(await daemon.run(['add', '-r', '-Q', '--only-hash', ground.work]))
      await daemon.run(['repo', 'gc'])
      await writeFile(join(ground.work, 'd0/f0'), 'changed')
      const { cid, added, reused } = await ground.toIpfs()
      await daemon.run(['repo', 'gc'])
      expect([added, reused, await readBack(ground, cid)]).toEqual([1, 299, 300])
      expect(await daemon.run(['pin', 'ls', '--type=recursive', '--names'])).not.toContain(first.cid)
    }, 60_000)

    test('reads all again that the daemon has lost', async () => {
      const root = await temporary()
      await using node = await kuboNode({ endpoint: async () => ({ url: daemon.url }), folder: root, network: 'off', repository: 'test' })
      await using ground = await syncGround({ root, node, mounts: { '/back': new MemoryBackend() } })
      await plant(ground.work, many(300))
      const first = await ground.toIpfs()
      const pins = (await daemon.run(['pin', 'ls', '--type=recursive', '--quiet'])).split('\n')
      await daemon.run(['pin', 'rm', ...pins])
      await daemon.run(['repo', 'gc'])
      const { cid, added } = await ground.toIpfs()
      expect([cid, added, await readBack(ground, cid)]).toEqual([first.cid, 300, 300])
    }, 60_000)
  },
  { flags: ['--offline'] },
)

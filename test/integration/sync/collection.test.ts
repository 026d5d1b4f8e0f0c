import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { MemoryBackend } from '../../../backends/memory/memory.ts'
import { vfsPath as p } from '../../../src/core/path.ts'
import type { Collected } from '../../../src/content/collect/types.ts'
import { embeddedRoots } from '../../../src/ipfs/embedded/roots.ts'
import { kuboNode } from '../../../src/ipfs/kubo/index.ts'
import { Child } from '../../support/children.ts'
import { openContentStore } from '../../../src/content/store.ts'
import { onKubo } from '../../support/on-kubo.ts'
import { many, plant, type SyncGround, syncGround } from '../../support/sync.ts'
import { call } from '../../support/vfs.ts'

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

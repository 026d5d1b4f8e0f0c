import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { LocalBackend } from '../../../backends/local/local.ts'
import { MemoryBackend } from '../../../backends/memory/memory.ts'
import type { Backend } from '../../../src/core/backend.ts'
import { vfsPath as p } from '../../../src/core/path.ts'
import { kuboNode } from '../../../src/ipfs/kubo/index.ts'
import type { Block, IpfsNode, NodeBlocks } from '../../../src/ipfs/types.ts'
import { forward } from '../../../src/layers/forward.ts'
import { openNode, temporaryFolder } from '../../support/content.ts'
import { onKubo } from '../../support/on-kubo.ts'
import { type SyncGround, syncGround } from '../../support/sync.ts'
import { call } from '../../support/vfs.ts'

/** What was asked of a storage and of a node since the last look. */
class Counts {
  #reads: string[] = []
  #writes: string[] = []
  #puts: string[] = []

  storage(inner: Backend): Backend {
    return forward(inner, {
      threads: undefined, // which would read past us
      read: (path, options) => {
        this.#reads.push(path)
        return inner.read(path, options)
      },
      glance: async (path, options) => {
        const seen = await inner.glance(path, options)
        if (seen.content) this.#reads.push(path)
        return seen
      },
      write: (path, source, options) => {
        this.#writes.push(path)
        return inner.write(path, source, options)
      },
    })
  }

  node(inner: IpfsNode): IpfsNode {
    const { blocks } = inner
    const counted: NodeBlocks = {
      get: (cid, options) => blocks.get(cid, options),
      has: (cid, options) => blocks.has(cid, options),
      hasAll: (cid, options) => blocks.hasAll(cid, options),
      local: (options) => blocks.local(options),
      put: (all, options) => blocks.put(this.#counted(all), options),
    }
    return new Proxy(inner, { get: (target, name) => (name === 'blocks' ? counted : ofItself(target, name)) })
  }

  taken() {
    const taken = { reads: this.#reads.toSorted(), writes: this.#writes.toSorted(), puts: this.#puts.toSorted() }
    this.#reads = []
    this.#writes = []
    this.#puts = []
    return taken
  }

  async *#counted(blocks: AsyncIterable<Block>): AsyncGenerator<Block> {
    for await (const block of blocks) {
      this.#puts.push(block.cid)
      yield block
    }
  }
}

/** Of an object with private fields, which a method finds only on itself. */
function ofItself(target: object, name: string | symbol): unknown {
  const found: unknown = Reflect.get(target, name, target)
  return typeof found === 'function' ? found.bind(target) : found
}

const FOLDERS = ['a', 'a/b', 'a/c', 'd', 'd/e', 'd/e/f']
const EACH = 20

async function plant({ write }: SyncGround): Promise<void> {
  for (const folder of FOLDERS) for (let i = 0; i < EACH; i++) await write(`/m/${folder}/${i}`, `${folder} ${i}`, { parents: true })
}

/** The CIDs of these paths below a root. */
const cidsOf = async ({ node }: SyncGround, root: string, paths: readonly string[]): Promise<string[]> =>
  (await Promise.all(paths.map(async (path) => (await node.stat(root + path)).cid))).toSorted()

type OpenSite = () => Promise<{ readonly node: IpfsNode; readonly root: string } & AsyncDisposable>

const STORAGES: readonly (readonly [string, (root: string) => Backend])[] = [
  ['memory', () => new MemoryBackend()],
  ['the disk', (root) => new LocalBackend({ root: join(root, 'work') })],
]

function cases(open: OpenSite): void {
  test.each(STORAGES)('to IPFS from %s: of many files the one that has changed is read, and it and its folders are put', async (_, storage) => {
    await using site = await open()
    const counts = new Counts()
    await using ground = await syncGround({ root: site.root, node: counts.node(site.node), mounts: { '/m': counts.storage(storage(site.root)) } })
    await plant(ground)
    counts.taken()
    await ground.toIpfs('/m')
    expect(counts.taken().reads).toHaveLength(FOLDERS.length * EACH)

    await ground.toIpfs('/m')
    expect(counts.taken()).toEqual({ reads: [], writes: [], puts: [] })

    await ground.write('/m/d/e/7', 'changed', { ifMatch: '*' })
    counts.taken()
    const changed = await ground.toIpfs('/m')
    expect(counts.taken()).toMatchObject({ reads: ['/d/e/7'], puts: await cidsOf(ground, changed.cid, ['', '/d', '/d/e', '/d/e/7']) })

    await ground.vfs.remove(p('/m/a/b/3'), call)
    counts.taken()
    const removed = await ground.toIpfs('/m')
    expect(counts.taken()).toMatchObject({ reads: [], puts: await cidsOf(ground, removed.cid, ['', '/a', '/a/b']) })
    expect(removed.cid).toBe(await ground.added('/m'))
  })

  test('from IPFS: what is the same is neither read nor written, and of many files the one that differs is written', async () => {
    await using site = await open()
    const counts = new Counts()
    await using ground = await syncGround({
      root: site.root,
      node: site.node,
      mounts: { '/m': new MemoryBackend(), '/back': counts.storage(new MemoryBackend()) },
    })
    await plant(ground)
    const fromIpfs = async (cid: string) => ground.sync.fromIpfs(cid, p('/back'), call)
    const { cid } = await ground.toIpfs('/m')
    await fromIpfs(cid)
    expect(counts.taken().writes).toHaveLength(FOLDERS.length * EACH)

    await fromIpfs(cid)
    expect(counts.taken()).toMatchObject({ reads: [], writes: [] })

    await ground.write('/m/d/e/7', 'changed', { ifMatch: '*' })
    const changed = await ground.toIpfs('/m')
    counts.taken()
    await fromIpfs(changed.cid)
    const { reads, writes } = counts.taken()
    expect([new Set(reads), writes]).toEqual([new Set(['/d/e/7']), ['/d/e/7']])
    expect(await ground.added('/back')).toBe(changed.cid)
  })
}

describe('a second sync in this process', () => {
  cases(async () => {
    await using ground = new AsyncDisposableStack()
    const { path: root } = ground.use(await temporaryFolder())
    const { node } = ground.use(await openNode(join(root, 'data')))
    const kept = ground.move()
    return { node, root, [Symbol.asyncDispose]: () => kept.disposeAsync() }
  })
})

onKubo(
  'a second sync',
  (daemon) => {
    cases(async () => {
      await using ground = new AsyncDisposableStack()
      const { path: root } = ground.use(await temporaryFolder())
      await mkdir(join(root, 'data'))
      const node = ground.use(await kuboNode({ endpoint: async () => ({ url: daemon.url }), folder: join(root, 'data'), network: 'off', repository: 'test' }))
      const kept = ground.move()
      return { node, root, [Symbol.asyncDispose]: () => kept.disposeAsync() }
    })
  },
  { flags: ['--offline'] },
)

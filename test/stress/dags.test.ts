import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { CarWriter } from '@ipld/car/writer'
import type { CID } from 'multiformats/cid'
import { beforeEach, expect, test } from 'vitest'
import type { Block } from '../../src/ipfs/types.ts'
import { blockOf, chain } from '../support/dag.ts'
import { residentBytes } from '../support/memory-of.ts'
import { emptyPlace, host } from '../support/program.ts'
import { requires } from '../support/requires.ts'

const MIB = 2 ** 20
const BLOCKS = 100_000
const PER_NODE = 500

beforeEach(requires('/proc', () => process.platform === 'linux'))

type Linked = Block & { readonly link: CID }

/** Many leaves below few nodes. The root comes last. */
async function* wide(): AsyncGenerator<Linked> {
  const nodes: CID[] = []
  for (let at = 0; at < BLOCKS / PER_NODE; at++) {
    const leaves: CID[] = []
    for (let index = 0; index < PER_NODE; index++) {
      const leaf = await blockOf('raw', Buffer.from(`${at} ${index}`))
      leaves.push(leaf.link)
      yield leaf
    }
    const node = await blockOf('dag-cbor', leaves)
    nodes.push(node.link)
    yield node
  }
  yield await blockOf('dag-json', { nodes })
}

/** Writes them as a CAR; gives the root. */
async function archived(file: string, rootOf: () => AsyncIterable<Linked>): Promise<string> {
  let root: Linked | undefined
  for await (const block of rootOf()) root = block
  if (!root) throw new Error('there is no block')
  const { writer, out } = CarWriter.create([root.link])
  const writing = pipeline(out, createWriteStream(file))
  for await (const { link, bytes } of rootOf()) await writer.put({ cid: link, bytes })
  await writer.close()
  await writing
  return root.cid
}

test.each([
  ['100,000 blocks deep', () => chain(BLOCKS), BLOCKS],
  ['100,000 blocks wide', wide, BLOCKS + BLOCKS / PER_NODE + 1],
])(
  'a DAG %s comes in, is pinned, listed and exported in little memory',
  async (_, blocks, count) => {
    await using place = await emptyPlace()
    await using agent = await host(place, [place.work, '--toolsets', 'all'])
    const call = async (name: string, args: Record<string, unknown>) => {
      const { isError, structuredContent } = await agent.client.callTool({ name, arguments: args }, { timeout: 600_000 })
      expect([name, isError === true]).toEqual([name, false])
      expect(await residentBytes(agent.pid)).toBeLessThan(300 * MIB)
      return structuredContent as Record<string, unknown>
    }
    const root = await archived(join(place.work, 'x.car'), blocks)
    expect(await call('ipfs_add', { from: join(place.work, 'x.car'), format: 'car' })).toMatchObject({ cid: root, total: count })
    const page = await call('ipfs_refs', { cid: root, recursive: true, limit: 1000 })
    expect(page['refs']).toHaveLength(1000)
    expect((await call('ipfs_pin_ls', { limit: 1000 }))['pins']).toHaveLength(1000)
    expect((await call('ipfs_refs_local', { limit: 1000 }))['cids']).toHaveLength(1000)
    expect(await call('ipfs_get', { cid: root, to: join(place.work, 'y.car'), format: 'car' })).toMatchObject({ cid: root })
  },
  600_000,
)

import { expect, test } from 'vitest'
import type { Entry } from '../../../src/core/backend.ts'
import { bytesOf } from '../../../src/core/bytes.ts'
import { vfsPath } from '../../../src/core/path.ts'
import { TreeBackend } from '../../../src/ipfs/tree/backend.ts'
import type { IpfsNode } from '../../../src/ipfs/types.ts'
import { unique } from '../../contract/node/make.ts'
import { kuboAlone } from '../../support/nodes.ts'
import { onKubo } from '../../support/on-kubo.ts'

const FILES = 100 // more than are looked at ahead

/** In a layout in which a file has to be looked at to be told about. */
async function folderOf(node: IpfsNode, prefix: string): Promise<string> {
  const files = Array.from({ length: FILES }, (_, i) => ({ path: `${prefix}${100 + i}`, content: bytesOf(unique()) }))
  const added = await Array.fromAsync(node.addTree(sources(files), { profile: 'unixfs-v0-2015' }))
  return added.at(-1)?.cid ?? ''
}

async function* sources<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items
}

onKubo(
  'a listing',
  (daemon) => {
    test('whose folder is replaced and collected meanwhile goes on in the new one', async () => {
      await using open = await kuboAlone(async () => daemon)
      const { node } = open
      const backend = new TreeBackend('mfs', node)
      await node.mfs.link('/d', await folderOf(node, 'a'))
      const listing = backend.list(vfsPath('/d'))[Symbol.asyncIterator]()
      const first = await listing.next()
      await node.mfs.link('/d', await folderOf(node, 'b'))
      await daemon.run(['repo', 'gc'])
      const rest: Entry[] = []
      for (let next = await listing.next(); !next.done; next = await listing.next()) rest.push(next.value)
      expect(first).toMatchObject({ value: { name: 'a100' } })
      expect(rest.filter(({ name }) => name.startsWith('b'))).toHaveLength(FILES)
    })
  },
  { flags: ['--offline'] },
)

import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { base32upper } from 'multiformats/bases/base32'
import { CID } from 'multiformats/cid'
import { expect, test } from 'vitest'
import { bytesOf } from '../../../src/core/bytes.ts'
import type { IpfsNode, Pin } from '../../../src/ipfs/types.ts'
import { rootOf, unique } from '../../contract/node/make.ts'
import type { KuboDaemon } from '../../support/kubo.ts'
import { kuboAlone } from '../../support/nodes.ts'
import { onKubo } from '../../support/on-kubo.ts'

const folder = (node: IpfsNode): Promise<string> => rootOf(node, [{ path: 'f', content: bytesOf(unique()) }])
const pinsOf = async (node: IpfsNode, root: string): Promise<Pin[]> => (await Array.fromAsync(node.pins.list())).filter(({ cid }) => cid === root)

/** As a disk would lose it: the daemon itself takes no block of a pin away. */
async function lose(daemon: KuboDaemon, cid: string): Promise<void> {
  const name = base32upper.encode(CID.parse(cid).multihash.bytes).slice(1)
  await rm(join(daemon.folder, 'blocks', name.slice(-3, -1), `${name}.data`))
}

// Kubo takes a pin away before it makes it again, and looks at all below in between: what fails or dies there leaves none.
onKubo(
  'what is pinned and pinned again',
  (daemon) => {
    test('is left alone where nothing is to change', async () => {
      await using open = await kuboAlone(async () => daemon)
      const { node } = open
      const root = await folder(node)
      await node.pins.add(root, { name: 'mine' })
      await lose(daemon, (await node.stat(`${root}/f`)).cid)
      await node.pins.add(root, { whole: true })
      await node.pins.add(root, { whole: true, name: 'mine' })
      await expect(node.pins.add(root)).rejects.toMatchObject({ code: 'OFFLINE' })
      expect(await pinsOf(node, root)).toEqual([{ cid: root, type: 'recursive', name: 'mine' }])
    })

    test('keeps its pin where a new name cannot be given', async () => {
      await using open = await kuboAlone(async () => daemon)
      const { node } = open
      const [root, other] = [await folder(node), await folder(node)]
      await node.pins.add(root, { name: 'mine' })
      await node.pins.add(other)
      await lose(daemon, (await node.stat(`${root}/f`)).cid)
      await expect(node.pins.add(root, { whole: true, name: 'other' })).rejects.toMatchObject({ code: 'OFFLINE' })
      await expect(node.pins.update(other, root)).rejects.toMatchObject({ code: 'OFFLINE' })
      expect(await pinsOf(node, root)).toEqual([{ cid: root, type: 'recursive', name: 'mine' }])
      expect(await pinsOf(node, other)).toEqual([{ cid: other, type: 'recursive', name: null }])
    })

    test('gets a new name', async () => {
      await using open = await kuboAlone(async () => daemon)
      const { node } = open
      const root = await folder(node)
      await node.pins.add(root, { name: 'mine' })
      await node.pins.add(root, { name: 'other' })
      expect(await pinsOf(node, root)).toEqual([{ cid: root, type: 'recursive', name: 'other' }])
    })
  },
  { flags: ['--offline'] },
)

import { expect, test } from 'vitest'
import { bytesOf } from '../../../src/core/bytes.ts'
import type { IpfsNode } from '../../../src/ipfs/types.ts'
import { rootOf, unique } from '../../contract/node/make.ts'
import { text } from '../../support/content.ts'
import { kuboAlone } from '../../support/nodes.ts'
import { onKubo } from '../../support/on-kubo.ts'

const folder = (node: IpfsNode): Promise<string> => rootOf(node, [{ path: 'f', content: bytesOf(unique()) }])

onKubo(
  'what is kept',
  (daemon) => {
    const collect = (): Promise<string> => daemon.run(['repo', 'gc'])

    test("outlives Kubo's own collection until it is let go, as pins and the mutable tree do", async () => {
      await using open = await kuboAlone(async () => daemon)
      const { node } = open
      const [kept, pinned, linked, none] = [await folder(node), await folder(node), await folder(node), await folder(node)]
      await node.keeps.set('a change', kept)
      await node.pins.add(pinned)
      await node.mfs.link('/linked', linked)
      await collect()
      for (const root of [kept, pinned, linked]) expect(await text(node.read(`${root}/f`))).toMatch(/^x-/)
      await expect(node.blocks.get(none)).rejects.toMatchObject({ code: 'OFFLINE' })
      await node.keeps.remove('a change')
      await collect()
      await expect(node.blocks.get(kept)).rejects.toMatchObject({ code: 'OFFLINE' })
    })

    test("is held by a pin that is nobody's to take away", async () => {
      await using open = await kuboAlone(async () => daemon)
      const { node } = open
      const root = await folder(node)
      await node.keeps.set('held', root)
      const holders = (await daemon.run(['pin', 'ls', '--names', '--type=recursive'])).split('\n').filter((line) => line.endsWith(' polymount:kept'))
      expect(holders.length).toBeGreaterThan(0)
      for (const line of holders) await expect(node.pins.remove(line.split(' ')[0] ?? '')).rejects.toMatchObject({ code: 'NOT_PINNED' })
      await collect()
      expect(await text(node.read(`${root}/f`))).toMatch(/^x-/)
      await node.keeps.remove('held')
    })

    test("is no pin of a user's: neither touches the other", async () => {
      await using open = await kuboAlone(async () => daemon)
      const { node } = open
      const root = await folder(node)
      await node.keeps.set('one', root)
      await node.pins.add(root, { name: 'mine' })
      await node.pins.remove(root)
      await expect(node.pins.remove(root)).rejects.toMatchObject({ code: 'NOT_PINNED' })
      await collect()
      expect(await text(node.read(`${root}/f`))).toMatch(/^x-/)
      await node.pins.add(root)
      await node.keeps.remove('one')
      await collect()
      expect(await text(node.read(`${root}/f`))).toMatch(/^x-/)
      expect((await Array.fromAsync(node.pins.list())).filter(({ cid }) => cid === root)).toEqual([{ cid: root, type: 'recursive', name: null }])
    })
  },
  { flags: ['--offline'] },
)

import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { base32upper } from 'multiformats/bases/base32'
import { CID } from 'multiformats/cid'
import { expect, test } from 'vitest'
import { bytesOf } from '../../../src/core/bytes.ts'
import { kuboNode } from '../../../src/ipfs/kubo/index.ts'
import type { KuboNode } from '../../../src/ipfs/kubo/node.ts'
import type { IpfsNode, Pin } from '../../../src/ipfs/types.ts'
import { rootOf, unique } from '../../contract/node/make.ts'
import { temporaryFolder, text } from '../../support/content.ts'
import { FaultProxy } from '../../support/fault-proxy.ts'
import type { KuboDaemon } from '../../support/kubo.ts'
import { kuboAlone } from '../../support/nodes.ts'
import { onKubo } from '../../support/on-kubo.ts'

const folder = (node: IpfsNode): Promise<string> => rootOf(node, [{ path: 'f', content: bytesOf(unique()) }])
const pinsOf = async (node: IpfsNode, root: string): Promise<Pin[]> => (await Array.fromAsync(node.pins.list())).filter(({ cid }) => cid === root)

/** A leaf, as a disk would lose it: the daemon itself takes no block of a pin away. Gives what brings it back. */
async function lose(daemon: KuboDaemon, cid: string): Promise<() => Promise<void>> {
  const name = base32upper.encode(CID.parse(cid).multihash.bytes).slice(1)
  const file = join(daemon.folder, 'blocks', name.slice(-3, -1), `${name}.data`)
  const bytes = await readFile(file)
  await rm(file)
  return async () => void (await daemon.run(['block', 'put', '--cid-codec=raw'], bytes))
}

const openNode = (url: string, data: string): Promise<KuboNode> =>
  kuboNode({ endpoint: async () => ({ url }), folder: data, network: 'off', repository: 'test' })

interface Broken extends AsyncDisposable {
  readonly root: string
  bringBack(): Promise<void>
}

/** A pin that is given the name `other`: Kubo takes it away, finds a block lost, and dies as far as the caller can see. */
async function breakNewName(daemon: KuboDaemon, data: string): Promise<Broken> {
  await using stack = new AsyncDisposableStack()
  const proxy = stack.use(await FaultProxy.start(daemon.url))
  const node = stack.use(await openNode(proxy.endpoint, data))
  const root = await folder(node)
  await node.pins.add(root, { name: 'mine' })
  const { cid } = await node.stat(`${root}/f`)
  const { promise: bringBack, resolve } = Promise.withResolvers<() => Promise<void>>()
  const answer = async (line: string): Promise<string> => {
    resolve(await lose(daemon, cid))
    await fetch(daemon.url + (line.split(' ')[1] ?? ''), { method: 'POST' }).then((told) => told.text())
    return ''
  }
  proxy.instead = { line: /pin\/add.*name=other/, answer }
  await expect(node.pins.add(root, { name: 'other' })).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
  const kept = stack.move()
  return { root, bringBack: async () => (await bringBack)(), [Symbol.asyncDispose]: () => kept.disposeAsync() }
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

    test('has its pin again, by its new name, where Kubo took it away and could not make it anew', async () => {
      await using data = await temporaryFolder()
      await using broken = await breakNewName(daemon, data.path)
      await broken.bringBack()
      expect(await daemon.run(['pin', 'ls', '--names', '--type=recursive'])).not.toContain(broken.root)
      await daemon.run(['repo', 'gc'])
      await using node = await openNode(daemon.url, data.path)
      expect(await pinsOf(node, broken.root)).toEqual([{ cid: broken.root, type: 'recursive', name: 'other' }])
      expect(await text(node.read(`${broken.root}/f`))).toMatch(/^x-/)
      await node.pins.remove(broken.root)
      expect(await pinsOf(node, broken.root)).toEqual([])
    })

    test('can be unpinned for good where its pin could not be made anew', async () => {
      await using data = await temporaryFolder()
      await using broken = await breakNewName(daemon, data.path)
      await using node = await openNode(daemon.url, data.path)
      expect(await pinsOf(node, broken.root)).toEqual([])
      await node.pins.remove(broken.root)
      await broken.bringBack()
      expect(await pinsOf(node, broken.root)).toEqual([])
      await daemon.run(['repo', 'gc'])
      await expect(node.blocks.get(broken.root)).rejects.toMatchObject({ code: 'OFFLINE' })
    })
  },
  { flags: ['--offline'] },
)

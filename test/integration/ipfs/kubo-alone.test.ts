import { expect, test } from 'vitest'
import { parseCid } from '../../../src/content/unixfs/index.ts'
import { bytesOf } from '../../../src/core/bytes.ts'
import { kuboNode } from '../../../src/ipfs/kubo/index.ts'
import type { IpfsNode, NetworkMode } from '../../../src/ipfs/types.ts'
import { unique } from '../../contract/node/make.ts'
import { codeOf } from '../../contract/support.ts'
import { temporaryFolder, text } from '../../support/content.ts'
import { blockOf, keep } from '../../support/dag.ts'
import type { KuboDaemon } from '../../support/kubo.ts'
import { machine } from '../../support/machine.ts'
import { onKubo } from '../../support/on-kubo.ts'

const nothing = (): void => {}

/** Well below the deadlines of a fetch and of a pin, and well above the time in which a daemon meets its first peers. */
const SOON = 20_000

/** A node on the daemon, and how often it has called the daemon. */
async function nodeOn(daemon: KuboDaemon, network: NetworkMode = 'client') {
  const ground = new AsyncDisposableStack()
  const folder = ground.use(await temporaryFolder())
  let calls = 0
  const endpoint = async (): Promise<KuboDaemon> => {
    calls++
    return daemon
  }
  const node: IpfsNode = ground.use(await kuboNode({ endpoint, folder: folder.path, network, repository: 'test' }))
  return { node, calls: () => calls, [Symbol.asyncDispose]: () => ground.disposeAsync() }
}

onKubo(
  'a node that is alone',
  (daemon) => {
    test(
      'says so of what it has not, and not that nobody delivered it in time',
      async () => {
        await using open = await nodeOn(daemon)
        const { node } = open
        const missing = await blockOf('raw', Buffer.from(unique('nobody has this')))
        const half = await blockOf('dag-cbor', [missing.link])
        await keep(node.blocks, half)
        await expect(node.stat(missing.cid)).rejects.toMatchObject({ code: 'NO_PEERS', retryable: true })
        await expect(node.pins.add(half.cid)).rejects.toMatchObject({ code: 'NO_PEERS' })
        expect(await Array.fromAsync(node.pins.list({ cid: half.cid }))).toEqual([])
      },
      SOON,
    )

    test(
      'reads and pins what it has as ever, a block with one call',
      async () => {
        await using open = await nodeOn(daemon)
        const { cid } = await open.node.add(bytesOf(unique()))
        const before = open.calls()
        await open.node.blocks.get(cid)
        expect(open.calls() - before).toBe(1)
        await open.node.pins.add(cid)
        expect(await Array.fromAsync(open.node.pins.list({ cid }))).toMatchObject([{ type: 'recursive' }])
      },
      SOON,
    )

    test(
      'and is to ask nobody, pins nothing that the daemon would have to fetch',
      async () => {
        await using open = await nodeOn(daemon, 'off')
        await using other = await machine({ network: 'node' })
        const { cid } = await other.node.add(bytesOf(unique()))
        await other.node.pins.add(cid)
        await other.node.swarm.connect(daemon.addresses[0] ?? '')
        const half = await blockOf('dag-cbor', [parseCid(cid)])
        await keep(open.node.blocks, half)
        for (const pinned of [{ cid, recursive: false }, { cid: half.cid }])
          await expect(open.node.pins.add(pinned.cid, pinned)).rejects.toMatchObject({ code: 'OFFLINE' })
        expect(await open.node.blocks.has(cid)).toBe(false)
        await open.node.pins.add(half.cid, { recursive: false })
      },
      SOON,
    )

    test(
      'waits for its first peer, which may come a moment later',
      async () => {
        await using open = await nodeOn(daemon)
        await using other = await machine({ network: 'node' })
        const content = unique()
        const { cid } = await other.node.add(bytesOf(content))
        await other.node.pins.add(cid)
        const reading = text(open.node.read(cid))
        await expect.poll(open.calls).toBeGreaterThan(2) // it has looked, and found nobody
        await other.node.swarm.connect(daemon.addresses[0] ?? '')
        expect(await reading).toBe(content)
      },
      SOON,
    )

    const peer = '12D3KooWQq7tsBPdHe7WfuZm9nJmBqX9txxK3Fc2g4eokJ1Z7Zos'
    const name = '/ipns/k51qzi5uqu5dleyy7mjwwufoupza91iwcxnt0cu0ln7gglwm2b8v5x267a1pie'
    const told = { key: 'self', lifetimeMs: 3_600_000, ttlMs: 60_000, offline: false }
    const asked: Readonly<Record<string, (node: IpfsNode, cid: string) => Promise<unknown>>> = {
      'who a peer is': (node) => node.routing.findPeer(peer),
      'who has a CID': (node, cid) => Array.fromAsync(node.routing.findProviders(cid, { limit: 1 })),
      'who is closest to a peer': (node) => Array.fromAsync(node.routing.closestPeers(peer, { limit: 1 })),
      'to tell what it has': (node, cid) => node.routing.provide(cid),
      'to publish a name': (node, cid) => node.names.publish(cid, told),
      'where a name points to': (node) => node.names.resolve(name),
      'to hear a topic': async (node) => (await node.pubsub.subscribe('t', nothing, nothing))(),
      'to send a message': (node) => node.pubsub.publish('t', Buffer.from('x')),
      'who hears a topic': (node) => node.pubsub.peers('t'),
      'who is connected': (node) => node.swarm.connections(),
    }
    test(
      'answers as the embedded engine does, whatever it is asked',
      async () => {
        await using open = await nodeOn(daemon)
        await using embedded = await machine({ network: 'client' })
        for (const [what, ask] of Object.entries(asked)) {
          const codes = await Promise.all([embedded.node, open.node].map(async (node) => codeOf(ask(node, (await node.add(bytesOf(unique()))).cid))))
          expect.soft([what, codes[1]]).toEqual([what, codes[0]])
        }
      },
      SOON,
    )
  },
  { settings: { 'Pubsub.Enabled': true } },
)

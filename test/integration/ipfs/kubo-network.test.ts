import { beforeEach, describe, expect, test } from 'vitest'
import { bytesOf } from '../../../src/core/bytes.ts'
import { rawCid } from '../../../src/core/cid.ts'
import { kuboNode } from '../../../src/ipfs/kubo/index.ts'
import type { Message } from '../../../src/ipfs/network-types.ts'
import type { IpfsNode } from '../../../src/ipfs/types.ts'
import { unique } from '../../contract/node/make.ts'
import { temporaryFolder, text } from '../../support/content.ts'
import { KuboDaemon, needsKubo } from '../../support/kubo.ts'

beforeEach(needsKubo)

interface Online {
  readonly node: IpfsNode
  readonly daemon: KuboDaemon
}

/** Two daemons that know each other, and nobody else, each with a node of ours over it. */
async function two(): Promise<{ readonly a: Online; readonly b: Online } & AsyncDisposable> {
  await using ground = new AsyncDisposableStack()
  const open = async (): Promise<Online> => {
    const daemon = ground.use(await KuboDaemon.start({ settings: { Pubsub: { Enabled: true }, 'Routing.Type': 'dht' } }))
    const folder = ground.use(await temporaryFolder())
    return { daemon, node: ground.use(await kuboNode({ endpoint: async () => daemon, folder: folder.path, network: 'node', repository: 'test' })) }
  }
  const [a, b] = [await open(), await open()]
  await a.node.swarm.connect(b.daemon.addresses[0] ?? '')
  const kept = ground.move()
  return { a, b, [Symbol.asyncDispose]: () => kept.disposeAsync() }
}

describe('a node in Kubo on a network', () => {
  test('knows whom it is connected to, and finds peers, providers and content', async () => {
    await using net = await two()
    const { a, b } = net
    expect(await a.node.swarm.connections()).toContainEqual({
      peer: b.daemon.peer,
      address: expect.stringMatching(/^\/ip4\/127\.0\.0\.1\/tcp\/\d+$/),
      direction: 'outbound',
      latency: expect.toSatisfy((value: unknown) => value === null || typeof value === 'number'),
    })
    expect(await b.node.routing.findPeer(a.daemon.peer)).toMatchObject({ peer: a.daemon.peer, addresses: expect.arrayContaining([expect.any(String)]) })
    const body = unique()
    const { cid } = await a.node.add(bytesOf(body))
    await a.node.routing.provide(cid)
    expect((await Array.fromAsync(b.node.routing.findProviders(cid, { limit: 1 }))).map(({ peer }) => peer)).toEqual([a.daemon.peer])
    expect((await Array.fromAsync(b.node.routing.closestPeers(a.daemon.peer, { limit: 5 }))).map(({ peer }) => peer)).toContain(a.daemon.peer)
    expect(await text(b.node.read(cid))).toBe(body)
    expect(await b.node.version()).toMatchObject({ network: 'node' })
  })

  test('hears what others publish on a topic, and ends when it is told to', async () => {
    await using net = await two()
    const { a, b } = net
    const topic = unique('topic/é')
    const heard = Promise.withResolvers<Message>()
    const end = await b.node.pubsub.subscribe(topic, heard.resolve, heard.reject)
    while (!(await a.node.pubsub.peers(topic)).includes(b.daemon.peer)) continue
    await a.node.pubsub.publish(topic, Buffer.from([0, 255, 10]))
    expect(await heard.promise).toMatchObject({ from: a.daemon.peer, topic, data: Buffer.from([0, 255, 10]), sequence: expect.stringMatching(/^\d+$/) })
    await end()
    while ((await a.node.pubsub.peers(topic)).length > 0) continue
  })

  test('tells a name to others', async () => {
    await using net = await two()
    const { a, b } = net
    const { cid } = await a.node.add(bytesOf(unique()))
    const key = await a.node.names.makeKey('blog')
    await a.node.names.publish(cid, { key: key.name, lifetimeMs: 3_600_000, ttlMs: 1000, offline: false })
    expect(await b.node.names.resolve(`/ipns/${key.id}`)).toBe(`/ipfs/${cid}`)
  })

  test('says what it cannot reach, and a subscription says that the daemon has gone', async () => {
    await using net = await two()
    const { a } = net
    await expect(a.node.swarm.connect('/ip4/127.0.0.1/tcp/9/p2p/12D3KooWGMYMmN1RGUYjWaSV6P3XtnBjwnosnJGNMnttfVCRnd6g')).rejects.toMatchObject({
      code: 'NO_PEERS',
    })
    await expect(a.node.swarm.connect('garbage')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    await expect(a.node.routing.findPeer('garbage')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    const gone = Promise.withResolvers<unknown>()
    await a.node.pubsub.subscribe(unique('topic'), () => {}, gone.resolve)
    const reading = a.node.blocks.get(rawCid(Buffer.from(unique('nobody has this')))).catch((error: unknown) => error)
    a.daemon.process.kill('SIGKILL')
    expect(await gone.promise).toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
    expect(await reading).toMatchObject({ code: 'SERVICE_UNAVAILABLE', retryable: true })
    await expect(a.node.mfs.root()).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE', retryable: true })
  })
})

import { describe, expect, test } from 'vitest'
import { EventBus } from '../../../src/core/events.ts'
import { kuboNode } from '../../../src/ipfs/kubo/index.ts'
import { temporaryFolder } from '../../support/content.ts'
import { onKubo } from '../../support/on-kubo.ts'
import { bytesOf } from '../../../src/core/bytes.ts'
import { Inboxes } from '../../../src/ipfs/inboxes.ts'
import type { IpfsNode } from '../../../src/ipfs/types.ts'
import type { Services } from '../../../src/registry/services.ts'
import { SwarmTools } from '../../../tools/ipfs_core/swarm.tools.ts'
import { NameTools } from '../../../tools/ipfs_network/names.tools.ts'
import { PubsubTools } from '../../../tools/ipfs_network/pubsub.tools.ts'
import { RoutingTools } from '../../../tools/ipfs_network/routing.tools.ts'
import { connectTo, type Connected, type Era } from '../../support/client.ts'
import { connect } from '../../support/gateway.ts'
import { machine, pair } from '../../support/machine.ts'
import { partsOf, registryOf } from '../../support/toolset.ts'

/** No case here takes content from a path. */
const NONE = {} as Services['vfs']

/** A client of the tools on a node. */
async function clientOf(node: IpfsNode, era: Era = 'modern') {
  const ground = new AsyncDisposableStack()
  const events = new EventBus()
  const inboxes = ground.use(new Inboxes(node.pubsub, (topic) => events.emit('message', { topic })))
  const services: Partial<Services> = { ipfs: node, inboxes, vfs: NONE }
  const registry = await registryOf({ classes: { NameTools, PubsubTools, RoutingTools, SwarmTools }, services: services as Services, events })
  const session: Connected = ground.use(await connectTo({ ...partsOf(registry, events), inboxes }, { era }))
  return { ...session, inboxes, [Symbol.asyncDispose]: () => ground.disposeAsync() }
}

/** Two connected machines, a client on each. */
async function clients(era?: Era) {
  const ground = new AsyncDisposableStack()
  const { one, two } = ground.use(await pair())
  const [a, b] = [ground.use(await clientOf(one.node, era)), ground.use(await clientOf(two.node, era))]
  return { a, b, one: one.node, two: two.node, [Symbol.asyncDispose]: () => ground.disposeAsync() }
}

const heardBy = (node: IpfsNode, topic: string) => expect.poll(() => node.pubsub.peers(topic), { timeout: 20_000 }).not.toEqual([])

const FLOOD = 3000
const ONE = { messages: 1, bytes: 1 }

/** What a client is told of a topic that was flooded by a node that it is known to hear: all is counted, and little is held and shown. */
async function flooded(client: Awaited<ReturnType<typeof clientOf>>, by: IpfsNode, cursor: unknown) {
  const inbox = await client.inboxes.open('flood')
  for (let i = 0; i < FLOOD; i++) await by.pubsub.publish('flood', Buffer.from(`${i} `.padEnd(4096, 'x')))
  await expect.poll(() => inbox.from(0, ONE).next + inbox.from(0, ONE).more, { timeout: 30_000 }).toBe(FLOOD)
  const page = await client.call('ipfs_pubsub_subscribe', { topic: 'flood', cursor })
  const { messages, more, dropped } = page.result as { messages: unknown[]; more: number; dropped: number }
  const bounded = (messages.length + more) * 4096 <= 2 << 20 && JSON.stringify(messages).length < 400_000
  return { counted: messages.length + more + dropped, bounded }
}

describe('off the network', () => {
  test.each([
    ['ipfs_dht_findpeer', { peer: '12D3KooWQq7tsBPdHe7WfuZm9nJmBqX9txxK3Fc2g4eokJ1Z7Zos' }],
    ['ipfs_dht_findprovs', { cid: 'bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e' }],
    ['ipfs_dht_query', { peer: '12D3KooWQq7tsBPdHe7WfuZm9nJmBqX9txxK3Fc2g4eokJ1Z7Zos' }],
    ['ipfs_name_publish', { cid: 'bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e' }],
    ['ipfs_name_resolve', { name: '12D3KooWQq7tsBPdHe7WfuZm9nJmBqX9txxK3Fc2g4eokJ1Z7Zos' }],
    ['ipfs_pubsub_publish', { topic: 't', content: 'x' }],
    ['ipfs_pubsub_subscribe', { topic: 't' }],
    ['ipfs_pubsub_peers', {}],
    ['ipfs_swarm_peers', {}],
  ])('%s says at once who can change that', async (tool, args) => {
    await using session = await connect()
    const { ok, result, text } = await session.call(tool, args)
    expect([ok, result['error_code']]).toEqual([false, 'OFFLINE'])
    expect(text).toContain('ipfs.network')
  })

  test('a name is published and resolved all the same, and content is read through it', async () => {
    await using session = await connect()
    const { result } = await session.call('ipfs_add', { content: 'hello' })
    const published = await session.call('ipfs_name_publish', { cid: result['cid'], offline: true })
    expect(published.result).toMatchObject({ name: expect.stringMatching(/^\/ipns\/k51/), value: `/ipfs/${String(result['cid'])}` })
    const { name } = published.result
    expect((await session.call('ipfs_name_resolve', { name })).result).toMatchObject({ value: `/ipfs/${String(result['cid'])}` })
    expect((await session.call('ipfs_cat', { cid: name })).result).toMatchObject({ content: 'hello' })
  })

  test('a key that is not there is named with those that are, and with who makes one', async () => {
    await using session = await connect()
    const { result, text } = await session.call('ipfs_name_publish', { cid: '/ipfs/bafkqaaa', key: 'site', offline: true })
    expect(result).toMatchObject({ error_code: 'KEY_NOT_FOUND' })
    expect(text).toContain('polymount ipfs keys make')
    expect(text).toContain('self')
  })
})

describe('two machines', () => {
  test('find each other, and who has what', async () => {
    await using open = await clients()
    const { peer } = await open.one.identity()
    expect((await open.b.call('ipfs_dht_findpeer', { peer })).result).toMatchObject({ peer, addresses: [expect.stringMatching(/^\/ip4\/127\.0\.0\.1\/tcp\//)] })
    expect((await open.b.call('ipfs_dht_query', { peer })).result).toMatchObject({ peers: [{ peer }] })
    const { cid } = await open.one.add(bytesOf('provided'))
    await open.one.pins.add(cid)
    await open.one.routing.provide(cid)
    expect((await open.b.call('ipfs_dht_findprovs', { cid, num: 1 })).result).toMatchObject({ cid, providers: [{ peer }] })
    expect((await open.b.call('ipfs_dht_findprovs', { cid: 'bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e' })).result).toMatchObject({
      providers: [],
    })
    const stranger = await open.b.call('ipfs_dht_findpeer', { peer: '12D3KooWQq7tsBPdHe7WfuZm9nJmBqX9txxK3Fc2g4eokJ1Z7Zos' })
    expect(stranger.result).toMatchObject({ error_code: 'NOT_FOUND' })
    expect((await open.b.call('ipfs_dht_findpeer', { peer: 'hello' })).result).toMatchObject({ error_code: 'INVALID_ARGUMENT' })
  })

  test('see their connection, page by page', async () => {
    await using open = await clients()
    const [one, two] = [await open.one.identity(), await open.two.identity()]
    expect((await open.b.call('ipfs_swarm_peers')).result).toMatchObject({
      peers: [{ peer: one.peer, address: one.addresses[0]?.replace(/\/p2p\/.*/, ''), direction: 'outbound' }],
      total: 1,
      next_cursor: null,
    })
    expect((await open.a.call('ipfs_swarm_peers')).result).toMatchObject({ peers: [{ peer: two.peer, direction: 'inbound' }] })
    await using third = await machine({ network: 'client', peering: { peers: one.addresses } })
    await third.node.swarm.connections()
    await expect.poll(async () => (await open.one.swarm.connections()).length, { timeout: 20_000 }).toBe(2)
    const first = await open.a.call('ipfs_swarm_peers', { limit: 1 })
    const second = await open.a.call('ipfs_swarm_peers', { limit: 1, cursor: first.result['next_cursor'] })
    expect(second.result).toMatchObject({ total: 2, next_cursor: null })
    const peers = [first, second].flatMap(({ result }) => result['peers'] as { peer: string }[])
    expect(new Set(peers.map(({ peer }) => peer))).toEqual(new Set([two.peer, (await third.node.identity()).peer]))
  })

  test('a name published by one is resolved by the other', async () => {
    await using open = await clients()
    const { result } = await open.a.call('ipfs_name_publish', { cid: 'bafkqaaa', lifetime: '1h', ttl: '1h' })
    expect((await open.b.call('ipfs_name_resolve', { name: result['name'] })).result).toMatchObject({ value: '/ipfs/bafkqaaa' })
    await open.a.call('ipfs_name_publish', { cid: 'bafkqabtimvwgy3yk', lifetime: '1h', ttl: '1h' })
    const resolved = async (nocache: boolean) => (await open.b.call('ipfs_name_resolve', { name: result['name'], nocache })).result['value']
    expect([await resolved(false), await resolved(true)]).toEqual(['/ipfs/bafkqaaa', '/ipfs/bafkqabtimvwgy3yk'])
    for (const lifetime of ['long', '0s', '00h'])
      expect((await open.b.call('ipfs_name_publish', { cid: 'bafkqaaa', lifetime })).result).toMatchObject({ error_code: 'INVALID_INPUT' })
  })
})

describe('pubsub', () => {
  test('messages between two polls are lost to nobody', async () => {
    await using open = await clients()
    const first = await open.a.call('ipfs_pubsub_subscribe', { topic: 't', timeout_ms: 0 })
    expect(first.result).toMatchObject({ messages: [], more: 0, dropped: 0 })
    await heardBy(open.two, 't')
    expect((await open.b.call('ipfs_pubsub_publish', { topic: 't', content: 'one' })).result).toMatchObject({ bytes: 3, peers: 1 })
    const second = await open.a.call('ipfs_pubsub_subscribe', { topic: 't', cursor: first.result['next_cursor'], timeout_ms: 20_000 })
    const { peer: from } = await open.two.identity()
    expect(second.result).toMatchObject({ messages: [{ from, content: 'one', sequence: expect.stringMatching(/^\d+$/) }] })
    await open.b.call('ipfs_pubsub_publish', { topic: 't', content_base64: Buffer.from([0xff]).toString('base64') })
    const third = await open.a.call('ipfs_pubsub_subscribe', { topic: 't', cursor: second.result['next_cursor'], timeout_ms: 20_000 })
    expect(third.result).toMatchObject({ messages: [{ content_base64: '/w==' }], dropped: 0 })
    expect((await open.a.call('ipfs_pubsub_subscribe', { topic: 't', max_messages: 1 })).result).toMatchObject({ messages: [{ content: 'one' }], more: 1 })
    const other = await open.a.call('ipfs_pubsub_subscribe', { topic: 'u', cursor: third.result['next_cursor'] })
    expect(other.result).toMatchObject({ error_code: 'INVALID_CURSOR' })
  })

  test('who subscribes on a machine hears what is published there, and peers are told', async () => {
    await using open = await clients()
    const first = await open.a.call('ipfs_pubsub_subscribe', { topic: 't', timeout_ms: 0 })
    await open.a.call('ipfs_pubsub_publish', { topic: 't', content: 'own' })
    expect((await open.a.call('ipfs_pubsub_subscribe', { topic: 't', cursor: first.result['next_cursor'] })).result).toMatchObject({
      messages: [{ content: 'own' }],
    })
    await heardBy(open.two, 't')
    const { peer } = await open.one.identity()
    expect((await open.b.call('ipfs_pubsub_peers', { topic: 't' })).result).toMatchObject({ peers: [peer], total: 1 })
    expect((await open.b.call('ipfs_pubsub_peers', { topic: 'u' })).result).toMatchObject({ peers: [], total: 0 })
    const large = await open.b.call('ipfs_pubsub_publish', { topic: 't', content: 'x'.repeat(600_000) })
    expect(large).toMatchObject({ result: { error_code: 'FILE_TOO_LARGE' }, text: expect.stringContaining('publish its CID') })
  })

  test('a flood is held in bounds, and what was dropped is counted', async () => {
    await using open = await clients()
    const { result } = await open.a.call('ipfs_pubsub_subscribe', { topic: 'flood', timeout_ms: 0 })
    await heardBy(open.two, 'flood')
    expect(await flooded(open.a, open.two, result['next_cursor'])).toEqual({ counted: FLOOD, bounded: true })
  })

  test.each(['legacy', 'modern'] as const)('a %s client hears of messages on a topic, and reads them', async (era) => {
    await using open = await clients(era)
    const uri = 'polymount+pubsub:///a%2Fb'
    const told = Promise.withResolvers<unknown>()
    open.a.client.setNotificationHandler('notifications/resources/updated', ({ params }) => told.resolve(params.uri))
    if (era === 'modern') await open.a.client.listen({ resourceSubscriptions: [uri] })
    else await open.a.client.subscribeResource({ uri })
    await heardBy(open.two, 'a/b')
    await open.two.pubsub.publish('a/b', Buffer.from('news'))
    expect(await told.promise).toBe(uri)
    const [content] = (await open.a.client.readResource({ uri })).contents
    expect(content).toMatchObject({ uri, mimeType: 'application/json' })
    expect(JSON.parse(content && 'text' in content ? content.text : '')).toMatchObject({ topic: 'a/b', dropped: 0, messages: [{ content: 'news' }] })
  })
})

onKubo(
  'names and pubsub',
  (daemon) => {
    test('a name that points there already, for longer, stays, and says so', async () => {
      await using folder = await temporaryFolder()
      await using node = await kuboNode({ endpoint: async () => daemon, folder: folder.path, network: 'off', repository: 'test' })
      await using client = await clientOf(node)
      const publish = (lifetime: string) => client.call('ipfs_name_publish', { cid: 'bafkqaaa', lifetime, offline: true })
      expect((await publish('1h')).ok).toBe(true)
      expect(await publish('10m')).toMatchObject({ result: { error_code: 'CONFLICT' }, text: expect.stringContaining('longer lifetime') })
      expect((await publish('2h')).ok).toBe(true)
    })

    test('a flood is held in bounds, and what was dropped is counted', async () => {
      await using folder = await temporaryFolder()
      await using node = await kuboNode({ endpoint: async () => daemon, folder: folder.path, network: 'node', repository: 'test' })
      await using client = await clientOf(node)
      const { result } = await client.call('ipfs_pubsub_subscribe', { topic: 'flood', timeout_ms: 0 })
      expect(await flooded(client, node, result['next_cursor'])).toEqual({ counted: FLOOD, bounded: true })
    })
  },
  { settings: { 'Pubsub.Enabled': true } },
)

import { createServer } from 'node:http'
import { once } from 'node:events'
import { readdir, stat, truncate } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { withLibp2pLight } from '@helia/libp2p'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { multiaddr } from '@multiformats/multiaddr'
import { createHeliaLight } from 'helia'
import { describe, expect, test } from 'vitest'
import { bytesOf } from '../../../src/core/bytes.ts'
import { rawCid } from '../../../src/core/cid.ts'
import { libp2pOptions } from '../../../src/ipfs/embedded/libp2p.ts'
import { blockOf, keep } from '../../support/dag.ts'
import { noise, openNode, temporaryFolder, text, withNode } from '../../support/content.ts'
import { WITHIN } from '../../contract/node/pair.ts'
import { LOOPBACK, machine } from '../../support/machine.ts'

describe('two nodes on one wire', () => {
  test('a pinned folder and a large file are fetched over bitswap, and stay', async () => {
    await using server = await machine({ network: 'node' })
    const root = (await Array.fromAsync(server.node.addTree(tree()))).at(-1)?.cid ?? ''
    await server.node.pins.add(root)
    const { addresses } = await server.node.identity()
    await using client = await machine({ network: 'client', peering: { peers: addresses } })
    expect((await Array.fromAsync(client.node.list(root))).map(({ name }) => name)).toEqual(['big', 'note'])
    expect(await text(client.node.read(`${root}/note`))).toBe('hello')
    await client.node.pins.add(root)
    expect(await client.content.stat(await client.node.resolve(`${root}/big`))).toMatchObject({ size: 5 << 20 })
    const [sent, got] = await Promise.all([server, client].map(async ({ content }) => hashOf(content.read(await server.node.resolve(`${root}/big`)))))
    expect(got).toBe(sent)
    expect(await client.node.identity()).toMatchObject({ addresses: [] })
    const { bitswap } = await client.node.stats()
    expect(bitswap).toMatchObject({ blocksSent: null, wantlist: [], peers: [(await server.node.identity()).peer] })
    expect(bitswap.dataReceived).toBeGreaterThan(5 << 20)
    expect(bitswap.blocksReceived).toBeGreaterThanOrEqual(6)
  })

  test('what no pin and no mutable tree reaches is served to nobody', async () => {
    await using server = await machine({ network: 'node' })
    const kept = await server.node.add(bytesOf('PASSWORD=old'))
    const shared = await server.node.add(bytesOf('shared'))
    await server.node.mfs.link('/shared', shared.cid, { expect: null })
    const { addresses } = await server.node.identity()
    await using client = await machine({ network: 'client', peering: { peers: addresses, fetchTimeoutMs: 1500 } })
    expect(await text(client.node.read(shared.cid))).toBe('shared')
    await expect(text(client.node.read(kept.cid))).rejects.toMatchObject({ code: 'CONTENT_NOT_FOUND_IN_TIME', retryable: true })
    await server.node.mfs.unlink('/shared')
    const late = await server.node.add(bytesOf('later'))
    await server.node.pins.add(late.cid)
    expect(await text(client.node.read(late.cid))).toBe('later')
  })
})

test('a direct pin lets peers have its own block, and nothing below it', async () => {
  await using server = await machine({ network: 'node' })
  const leaf = await blockOf('raw', Buffer.from('below'))
  const root = await blockOf('dag-cbor', [leaf.link])
  await keep(server.node.blocks, leaf, root)
  await server.node.pins.add(root.cid, { recursive: false })
  const { addresses } = await server.node.identity()
  await using client = await machine({ network: 'client', peering: { peers: addresses, fetchTimeoutMs: 1500 } })
  expect(Buffer.from(await client.node.blocks.get(root.cid))).toEqual(Buffer.from(root.bytes))
  await expect(client.node.blocks.get(leaf.cid)).rejects.toMatchObject({ code: 'CONTENT_NOT_FOUND_IN_TIME' })
  await server.node.pins.add(root.cid)
  await using later = await machine({ network: 'client', peering: { peers: addresses } })
  expect(Buffer.from(await later.node.blocks.get(leaf.cid))).toEqual(Buffer.from(leaf.bytes))
})

test('a peer that speaks bitswap only after it was met is asked', async () => {
  await using client = await machine({ network: 'node' })
  const { addresses } = await client.node.identity()
  await using late = await latePeer(addresses[0] ?? '')
  const exchangers = async () => (await client.node.stats()).bitswap.peers
  await expect.poll(late.isMet, WITHIN).toBe(true)
  expect(await exchangers()).toEqual([])
  const asked = late.speak()
  await expect.poll(exchangers, WITHIN).toEqual([late.peer])
  const cancel = new AbortController()
  const reading = text(client.node.read(rawCid(Buffer.from('wanted')), { signal: cancel.signal }))
  await asked
  cancel.abort()
  await expect(reading).rejects.toMatchObject({ code: 'CANCELLED' })
})

describe('a client', () => {
  test('takes a block from a gateway, and never a wrong one', async () => {
    const right = Buffer.from('right')
    await using gateway = await gatewayOf({ [rawCid(right)]: right, [rawCid(Buffer.from('wanted'))]: Buffer.from('forged') })
    await using client = await machine({ network: 'client', peering: { gateways: [gateway.url], fetchTimeoutMs: 3000 } })
    expect(await text(client.node.read(rawCid(right)))).toBe('right')
    expect(await client.content.has(rawCid(right))).toBe(true)
    expect((await client.node.stats()).bitswap).toMatchObject({ blocksReceived: 0, dataReceived: 0, peers: [] })
    const wanted = rawCid(Buffer.from('wanted'))
    await expect(text(client.node.read(wanted))).rejects.toMatchObject({ code: 'CONTENT_NOT_FOUND_IN_TIME' })
    expect(await client.content.has(wanted)).toBe(false)
    expect(gateway.asked()).toContain(wanted)
  })

  test('fetches anew what its own disk has damaged', async () => {
    const block = Buffer.concat(await Array.fromAsync(noise(100_000)))
    const cid = rawCid(block)
    await using gateway = await gatewayOf({ [cid]: block })
    await using client = await machine({ network: 'client', peering: { gateways: [gateway.url] } })
    await client.node.add(bytesOf(block))
    const entries = await readdir(join(client.folder, 'blocks'), { recursive: true, withFileTypes: true })
    const file = entries.find((entry) => entry.isFile())
    await truncate(join(file?.parentPath ?? '', file?.name ?? ''), 10)
    expect(rawCid(Buffer.concat(await Array.fromAsync(client.node.read(cid))))).toBe(cid)
    expect(await client.content.has(cid)).toBe(true)
  })

  test('pins no DAG of which a gateway forges one block, and goes on where it stopped', async () => {
    const [leaf, other] = [await blockOf('raw', Buffer.from('leaf')), await blockOf('raw', Buffer.from('other'))]
    const inner = await blockOf('dag-cbor', [leaf.link])
    const root = await blockOf('dag-json', { other: other.link, inner: inner.link })
    const blocks: Record<string, Uint8Array> = Object.fromEntries([leaf, other, inner, root].map(({ cid, bytes }) => [cid, bytes]))
    blocks[inner.cid] = Buffer.from('forged')
    await using gateway = await gatewayOf(blocks)
    await using client = await machine({ network: 'client', peering: { gateways: [gateway.url], fetchTimeoutMs: 2000 } })
    await expect(client.node.pins.add(root.cid)).rejects.toMatchObject({ code: 'CONTENT_NOT_FOUND_IN_TIME' })
    expect(await Array.fromAsync(client.node.pins.list({ type: 'all' }))).toEqual([])
    expect(await client.node.blocks.has(inner.cid)).toBe(false)
    blocks[inner.cid] = inner.bytes
    await client.node.pins.add(root.cid)
    expect((await Array.fromAsync(client.node.pins.list({ type: 'all' }))).map(({ cid }) => cid)).toEqual(
      [leaf, other, inner, root].map(({ cid }) => cid).toSorted(),
    )
    for (const block of [root, leaf, other]) expect(gateway.asked().filter((cid) => cid === block.cid)).toHaveLength(1)
  })

  test('without anybody to ask says so', async () => {
    await using client = await machine({ network: 'client', peering: { fetchTimeoutMs: 200 } })
    await expect(client.node.stat(rawCid(Buffer.from('nowhere')))).rejects.toMatchObject({ code: 'NO_PEERS', retryable: true })
  })

  test('without a network does not wait for its time to pass', async () => {
    const nowhere = ['http://127.0.0.1:9']
    await using client = await machine({ network: 'client', peering: { fetchTimeoutMs: 1_000_000, gateways: nowhere, routers: nowhere } })
    await expect(client.node.stat(rawCid(Buffer.from('nowhere')))).rejects.toMatchObject({ code: 'NO_PEERS' })
  })

  test('stops at once when the call is cancelled', async () => {
    await using client = await machine({ network: 'client', peering: { fetchTimeoutMs: 60_000, gateways: ['http://127.0.0.1:9'] } })
    await client.node.identity()
    const cancel = new AbortController()
    setImmediate(() => cancel.abort())
    await expect(text(client.node.read(rawCid(Buffer.from('slow')), { signal: cancel.signal }))).rejects.toMatchObject({ code: 'CANCELLED' })
  })
})

describe('identity', () => {
  test('is kept by one process of a folder at a time, in a file that only its owner can read', async () => {
    await using folder = await temporaryFolder()
    let peer = ''
    {
      await using first = await openNode(folder.path)
      await using second = await openNode(folder.path)
      ;({ peer } = await first.node.identity())
      const other = await second.node.identity()
      expect(other.peer).not.toBe(peer)
      expect(other).toMatchObject({ addresses: [], protocols: [] })
    }
    expect((await stat(join(folder.path, 'peer.key'))).mode & 0o777).toBe(0o600)
    await using later = await openNode(folder.path)
    expect((await later.node.identity()).peer).toBe(peer)
  })
})

test('off the network, what is not here is OFFLINE at once', async () => {
  await withNode(async (node) => {
    const cid = rawCid(Buffer.from('elsewhere'))
    await expect(node.stat(cid)).rejects.toMatchObject({ code: 'OFFLINE' })
    await expect(node.pins.add(cid)).rejects.toMatchObject({ code: 'OFFLINE' })
    expect(await node.version()).toMatchObject({ engine: 'embedded', network: 'off' })
  })
})

async function* tree() {
  yield { path: 'big', content: noise(5 << 20) }
  yield { path: 'note', content: bytesOf('hello') }
}

const hashOf = async (source: AsyncIterable<Uint8Array>): Promise<string> => rawCid(Buffer.concat(await Array.fromAsync(source)))

/** Dials as a Kubo does that knows an address from its configuration: while it starts, and before it has bitswap. */
async function latePeer(address: string) {
  const key = await generateKeyPair('Ed25519')
  const records = { validate: async () => {}, select: () => 0 }
  const library = withLibp2pLight(createHeliaLight(), libp2pOptions('node', key, { ...LOOPBACK, fetchTimeoutMs: 1000 }, records))
  await library.start()
  const { libp2p } = library
  const { remotePeer } = await libp2p.dial(multiaddr(address))
  return {
    peer: libp2p.peerId.toString(),
    /** True once each has said what it speaks. */
    isMet: async () => (await libp2p.peerStore.get(remotePeer)).protocols.length > 0,
    /** Resolves when it is asked for something. */
    speak: () => new Promise<void>((resolve) => void libp2p.handle('/ipfs/bitswap/1.2.0', () => resolve())),
    [Symbol.asyncDispose]: async () => void (await library.stop()),
  }
}

/** A trustless gateway that sends what it is told to. */
async function gatewayOf(blocks: Readonly<Record<string, Uint8Array>>) {
  const asked: string[] = []
  const server = createServer((request, response) => {
    const cid = /^\/ipfs\/([a-z2-7]+)/.exec(request.url ?? '')?.[1] ?? ''
    asked.push(cid)
    const block = blocks[cid]
    if (block) response.writeHead(200, { 'content-type': 'application/vnd.ipld.raw' }).end(block)
    else response.writeHead(404).end()
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const close = async (): Promise<void> => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked: () => asked, [Symbol.asyncDispose]: close }
}

test('a peer of the configuration that is not there at first is met when it comes, and again when it has been away', async () => {
  await using folder = await temporaryFolder()
  const start = (listen: readonly string[]) => openNode(folder.path, { network: 'node', peering: { ...LOOPBACK, listen } })
  const addresses = await (async () => {
    await using open = await start(LOOPBACK.listen)
    return (await open.node.identity()).addresses
  })()
  const [, at = '', id = ''] = /^(.*)\/p2p\/(.*)$/.exec(addresses[0] ?? '') ?? []
  await using client = await machine({ network: 'client', peering: { peers: addresses } })
  const met = async () => (await client.node.swarm.connections()).map(({ peer }) => peer)
  expect(await met()).toEqual([])
  for (let times = 0; times < 2; times++) {
    {
      await using _ = await start([at])
      await expect.poll(met, WITHIN).toEqual([id])
    }
    await expect.poll(met, WITHIN).toEqual([])
  }
})

import { createSocket } from 'node:dgram'
import { getServers, setServers } from 'node:dns'
import { once } from 'node:events'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { bytesOf } from '../../../src/core/bytes.ts'
import { kuboNode } from '../../../src/ipfs/kubo/index.ts'
import type { IpfsNode, NetworkMode } from '../../../src/ipfs/types.ts'
import { rootOf } from '../../contract/node/make.ts'
import { openNode, temporaryFolder, text } from '../../support/content.ts'
import { NameServer } from '../../support/dns.ts'
import { KuboDaemon, needsKubo } from '../../support/kubo.ts'
import { LOOPBACK } from '../../support/machine.ts'

const CID = 'bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e'
const folderIn = (node: IpfsNode): Promise<string> => rootOf(node, [{ path: 'd/f', content: bytesOf('below') }])

const usual = getServers()
afterAll(() => setServers(usual))

interface Site extends AsyncDisposable {
  readonly node: IpfsNode
  readonly names: NameServer
}

const texts = (folder: string): Record<string, readonly string[]> => ({
  '_dnslink.site.example': [`dnslink=/ipfs/${folder}`, 'v=spf1 -all'],
  '_dnslink.deep.example': [`dnslink=/ipfs/${folder}/d`],
  '_dnslink.other.example': ['dnslink=/ipns/site.example/d'],
  '_dnslink.long.example': [`dnslink=/ipfs/${CID}${'/x'.repeat(200)}`],
  '_dnslink.loop.example': ['dnslink=/ipns/loop.example'],
  '_dnslink.two.example': [`dnslink=/ipfs/${CID}`, `dnslink=/ipfs/${folder}`],
  '_dnslink.none.example': ['dnslink=https://elsewhere.example', 'hello'],
})

async function embedded(network: NetworkMode): Promise<Site> {
  await using ground = new AsyncDisposableStack()
  const folder = ground.use(await temporaryFolder()).path
  const { node: before } = ground.use(await openNode(folder))
  const names = ground.use(await NameServer.start(texts(await folderIn(before))))
  setServers([names.address])
  const { node } = ground.use(await openNode(folder, { network, peering: LOOPBACK }))
  const kept = ground.move()
  return { node, names, [Symbol.asyncDispose]: () => kept.disposeAsync() }
}

async function kubo(network: NetworkMode): Promise<Site> {
  await using ground = new AsyncDisposableStack()
  const folder = ground.use(await temporaryFolder()).path
  const { node: before } = ground.use(await openNode(folder))
  const names = ground.use(await NameServer.start(texts(await folderIn(before))))
  const daemon = ground.use(await KuboDaemon.start({ settings: { 'DNS.Resolvers': { '.': names.url } } }))
  const node = ground.use(await kuboNode({ endpoint: async () => daemon, folder, network, repository: 'test' }))
  await folderIn(node)
  const kept = ground.move()
  return { node, names, [Symbol.asyncDispose]: () => kept.disposeAsync() }
}

describe.each([
  ['embedded', embedded],
  ['kubo', kubo],
] as const)('a domain on %s', (engine, open) => {
  beforeEach((context) => (engine === 'kubo' ? needsKubo(context) : undefined))

  test('is a name like any other: to a folder, below one, to another domain', async () => {
    await using site = await open('client')
    const { node } = site
    expect(await text(node.read('/ipns/site.example/d/f'))).toBe('below')
    expect(await text(node.read('/ipns/deep.example/f'))).toBe('below')
    expect(await text(node.read('/ipns/other.example/f'))).toBe('below')
    expect(await node.names.resolve('site.example')).toMatch(/^\/ipfs\/baf/)
    expect(await node.names.resolve('/ipns/other.example', { recursive: false })).toBe('/ipns/site.example/d')
  })

  test.each(['none', 'nowhere', 'two', 'loop'])('%s.example is NAME_NOT_FOUND', async (name) => {
    await using site = await open('client')
    await expect(site.node.names.resolve(`/ipns/${name}.example`, { recursive: true })).rejects.toMatchObject({ code: 'NAME_NOT_FOUND' })
  })

  test('is OFFLINE off the network, and nobody is asked', async () => {
    await using site = await open('off')
    await expect(site.node.stat('/ipns/site.example')).rejects.toMatchObject({ code: 'OFFLINE' })
    expect(site.names.asked).toEqual([])
  })
})

test('a record of several pieces is one text', async () => {
  // Kubo takes the first piece of it over HTTP
  await using site = await embedded('client')
  expect(await site.node.names.resolve('long.example')).toBe(`/ipfs/${CID}${'/x'.repeat(200)}`)
})

test('what is no domain is asked of nobody', async () => {
  await using site = await embedded('client')
  await expect(site.node.names.resolve('/ipns/not a domain.example')).rejects.toMatchObject({ code: 'INVALID_CID' })
  await expect(site.node.names.resolve('/ipns/site..example')).rejects.toMatchObject({ code: 'INVALID_CID' })
  expect(site.names.asked).toEqual([])
})

test('a name server that says nothing is no reason to wait for ever', async () => {
  const silent = createSocket('udp4')
  silent.bind(0, '127.0.0.1')
  await once(silent, 'listening')
  await using folder = await temporaryFolder()
  setServers([`127.0.0.1:${silent.address().port}`])
  await using open = await openNode(folder.path, { network: 'client', peering: LOOPBACK })
  const { names } = open.node
  await expect(names.resolve('site.example', { signal: AbortSignal.timeout(300) })).rejects.toMatchObject({ code: 'CANCELLED' })
  await expect(names.resolve('site.example', { timeoutMs: 300 })).rejects.toMatchObject({ code: 'TIMEOUT' })
  silent.close()
  await expect(names.resolve('site.example')).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
}, 30_000)

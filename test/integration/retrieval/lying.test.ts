import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from 'vitest'
import type { IpfsNode } from '../../../src/ipfs/types.ts'
import { refusing } from '../../../src/retrieval/addresses.ts'
import { keep } from '../../../src/retrieval/keep.ts'
import { retrieving } from '../../../src/retrieval/index.ts'
import type { Found, Retrieval } from '../../../src/retrieval/types.ts'
import { Archive } from '../../../src/retrieval/archive.ts'
import { bytesOf } from '../../../src/core/bytes.ts'
import { WebClient } from '../../../src/core/web.ts'
import { noise } from '../../support/content.ts'
import { blockOf } from '../../support/dag.ts'
import { LIES, type Lie, lyingGateway, type LyingGateway, type Tamper } from '../../support/lying-gateway.ts'
import { machine } from '../../support/machine.ts'

/** A folder of some blocks, and the CAR of it. */
async function material(node: IpfsNode): Promise<{ readonly cid: string; readonly car: Buffer }> {
  const tree = (async function* () {
    yield { path: 'big', content: noise(2_500_000) }
    yield { path: 'small', content: bytesOf('small') }
  })()
  const cid = (await Array.fromAsync(node.addTree(tree))).at(-1)?.cid ?? ''
  const local = retrieving({ node, network: 'off', privateAddresses: false })
  const archive = new Archive(local.blocks({ path: cid, scope: 'all' }, { timeoutMs: 60_000 }))
  return { cid, car: Buffer.concat(await Array.fromAsync(archive.bytes())) }
}

type Ask = (cid: string, timeoutMs?: number) => AsyncIterable<Found>

/** Either engine, over nothing but this gateway. */
const ENGINES: readonly (readonly [name: string, ask: (node: IpfsNode, liar: LyingGateway) => Ask])[] = [
  ['in process', (node, { url }) => asking(retrieving({ node, network: 'client', privateAddresses: true }), [url])],
  ['by a daemon', (node, { url }) => asking(retrieving({ node, network: 'client', privateAddresses: true, daemon: async () => url }))],
]

const asking =
  (from: Retrieval, providers?: readonly string[]): Ask =>
  (path, timeoutMs = 60_000) =>
    from.blocks({ path, scope: 'all' }, { timeoutMs, providers })

describe.each(ENGINES)('a gateway, asked %s,', (_, ask) => {
  async function withLiar(
    options: { readonly lie?: Lie; readonly tamper?: Tamper },
    run: (ask: Ask, cid: string, liar: LyingGateway) => Promise<void>,
  ): Promise<void> {
    await using author = await machine({ network: 'off' })
    const { cid, car } = await material(author.node)
    await using liar = await lyingGateway(car, options)
    await using reader = await machine({ network: 'client' })
    await run(ask(reader.node, liar), cid, liar)
  }

  test('that is honest is believed', () =>
    withLiar({}, async (fetch, cid) => {
      const found = await Array.fromAsync(fetch(cid))
      expect(found.map(({ bytes }) => bytes.length)).toEqual([expect.any(Number), expect.any(Number), 1 << 20, 1 << 20, 2_500_000 - (2 << 20), 5])
    }))

  const CODES: Readonly<Record<Lie, readonly string[]>> = {
    'flips a byte': ['INVALID_BLOCK'],
    'cuts the answer': ['INVALID_CAR', 'NO_PEERS'],
    'ends too early': ['INVALID_CAR', 'INVALID_BLOCK'],
    'sends another block': ['INVALID_CAR', 'INVALID_BLOCK'],
    'redirects for ever': ['SERVICE_UNAVAILABLE', 'NO_PEERS'],
    'sends without end': ['INVALID_CAR', 'INVALID_BLOCK'],
    'answers 500': ['UNAVAILABLE', 'NO_PEERS'],
    'says nothing': ['CONTENT_NOT_FOUND_IN_TIME'],
  }

  test.each(LIES)('that %s is not', (lie) =>
    withLiar({ lie }, async (fetch, cid, { requests }) => {
      const error: unknown = await Array.fromAsync(fetch(cid, lie === 'says nothing' ? 300 : undefined)).catch((one: unknown) => one)
      expect(CODES[lie]).toContain((error as { code?: string }).code)
      expect(error).toMatchObject({ hint: expect.any(String), message: expect.any(String) })
      expect(requests.length).toBeLessThan(10)
    }),
  )
})

describe('a CAR of a daemon', () => {
  const foreign = async () => {
    const { link, bytes } = await blockOf('raw', Buffer.from('foreign'))
    return { cid: link, bytes }
  }
  const TAMPERS: readonly (readonly [string, Tamper, RegExp])[] = [
    ['with a foreign block first', async (blocks) => [await foreign(), ...blocks], /where bafy.* was to be/],
    ['with a foreign block between', async ([first, ...rest]) => [first!, await foreign(), ...rest], /was to be/],
    ['with a foreign block last', async (blocks) => [...blocks, await foreign()], /goes on behind the last block/],
    ['with a block twice', (blocks) => [...blocks, blocks[2]!], /goes on/],
    ['without its first block', (blocks) => blocks.slice(1), /was to be/],
    ['without its last block', (blocks) => blocks.slice(0, -1), /ends before block/],
    ['in another order', (blocks) => blocks.toReversed(), /was to be/],
    ['without any block', () => [], /ends before block/],
  ]

  test.each(TAMPERS)('%s is refused', async (_, tamper, message) => {
    await using author = await machine({ network: 'off' })
    const { cid, car } = await material(author.node)
    await using liar = await lyingGateway(car, { tamper })
    const from = retrieving({ node: author.node, network: 'client', privateAddresses: false, daemon: async () => liar.url })
    await expect(Array.fromAsync(from.blocks({ path: cid, scope: 'all' }, { timeoutMs: 60_000 }))).rejects.toMatchObject({
      code: 'INVALID_CAR',
      retryable: true,
      message: expect.stringMatching(message),
    })
  })
})

test('a liar among providers is asked once, and the others deliver all', async () => {
  await using author = await machine({ network: 'off' })
  const { cid, car } = await material(author.node)
  await using liar = await lyingGateway(car, { lie: 'flips a byte' })
  await using honest = await lyingGateway(car, {})
  await using reader = await machine({ network: 'client' })
  const from = retrieving({ node: reader.node, network: 'client', privateAddresses: true })
  const found = await Array.fromAsync(from.blocks({ path: cid, scope: 'all' }, { timeoutMs: 60_000, providers: [liar.url, honest.url] }))
  expect(found).toHaveLength(6)
  expect(liar.requests).toHaveLength(1)
})

test('one that says nothing is not waited for when others have it', async () => {
  await using author = await machine({ network: 'off' })
  const { cid, car } = await material(author.node)
  await using silent = await lyingGateway(car, { lie: 'says nothing' })
  await using honest = await lyingGateway(car, {})
  await using reader = await machine({ network: 'client' })
  const from = retrieving({ node: reader.node, network: 'client', privateAddresses: true })
  expect(await Array.fromAsync(from.blocks({ path: cid, scope: 'all' }, { timeoutMs: 60_000, providers: [silent.url, honest.url] }))).toHaveLength(6)
  expect(silent.requests.length).toBeLessThan(6)
})

describe('what had come before it went wrong', () => {
  async function broken(signal?: AbortSignal): Promise<{ readonly error: unknown; readonly here: number }> {
    await using author = await machine({ network: 'off' })
    const { cid, car } = await material(author.node)
    await using half = await lyingGateway(car, { tamper: (blocks) => blocks.slice(0, -1) })
    await using reader = await machine({ network: 'client' })
    const from = retrieving({ node: reader.node, network: 'client', privateAddresses: true })
    const call = { timeoutMs: 60_000, providers: [half.url], signal }
    const error: unknown = await keep(reader.node, from.blocks({ path: cid, scope: 'all' }, call), call).catch((one: unknown) => one)
    return { error, here: (await Array.fromAsync(reader.node.blocks.local())).length }
  }

  test('is kept for the next call', async () => expect(await broken()).toMatchObject({ error: { code: 'CONTENT_NOT_FOUND_IN_TIME' }, here: 5 }))

  test('goes where the caller has gone', async () => expect(await broken(AbortSignal.abort())).toMatchObject({ error: { code: 'CANCELLED' }, here: 0 }))
})

describe('where only some addresses may be connected to', () => {
  const get = async (url: string, allows: (address: string) => boolean): Promise<unknown> => {
    using client = new WebClient(refusing(allows))
    return await client.ask(new URL(url), { headers: {} })
  }

  test('a redirect leads nowhere else', async () => {
    await using server = await redirecting((port) => `http://127.0.0.2:${port}/`)
    await expect(get(server.url, (address) => address === '127.0.0.1')).rejects.toMatchObject({ code: 'DENIED' })
    expect(server.requests).toEqual(['127.0.0.1'])
  })

  test('nor does a redirect to a name', async () => {
    await using server = await redirecting((port) => `http://localhost:${port}/`)
    const asked: string[] = []
    const first = (address: string): boolean => asked.push(address) === 1
    await expect(get(server.url, first)).rejects.toMatchObject({ code: 'DENIED', message: expect.stringContaining('localhost') })
    expect(server.requests).toEqual(['127.0.0.1'])
  })

  test('nor one to what is no web address', async () => {
    await using server = await redirecting(() => 'file:///etc/passwd')
    await expect(get(server.url, () => true)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  })
})

/** Tells by which of its addresses it was asked. */
async function redirecting(to: (port: number) => string) {
  const requests: (string | undefined)[] = []
  const server = createServer((request, response) => {
    requests.push(request.socket.localAddress)
    response.writeHead(302, { location: to((server.address() as AddressInfo).port) }).end()
  })
  server.listen(0, '0.0.0.0')
  await once(server, 'listening')
  const close = async (): Promise<void> => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests, [Symbol.asyncDispose]: close }
}

import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { beforeEach, describe, expect, test } from 'vitest'
import { bytesOf } from '../../../src/core/bytes.ts'
import { rawCid } from '../../../src/core/cid.ts'
import { kuboNode } from '../../../src/ipfs/kubo/index.ts'
import type { IpfsNode } from '../../../src/ipfs/types.ts'
import { unique } from '../../contract/node/make.ts'
import { temporaryFolder } from '../../support/content.ts'
import { KuboDaemon, needsKubo } from '../../support/kubo.ts'
import { kuboAlone } from '../../support/nodes.ts'

const NOBODY = rawCid(Buffer.from(unique('nobody has this')))

describe('a daemon that is killed', () => {
  beforeEach(needsKubo)

  test('ends every call in flight and every subscription with an error that can be repeated', async () => {
    await using daemon = await KuboDaemon.start({ settings: { 'Pubsub.Enabled': true } })
    await using folder = await temporaryFolder()
    await using node = await kuboNode({ endpoint: async () => daemon, folder: folder.path, network: 'node', repository: 'test' })
    const ended = Promise.withResolvers<unknown>()
    await node.pubsub.subscribe(unique('topic'), () => {}, ended.resolve)
    const begun = Promise.withResolvers<void>()
    async function* endless() {
      for (let part = 0; ; part++) {
        yield Buffer.alloc(1 << 20, part)
        if (part === 8) begun.resolve()
      }
    }
    const failed = (work: Promise<unknown>): Promise<unknown> => work.catch((error: unknown) => error)
    const inFlight = [failed(node.add(endless())), failed(node.blocks.get(NOBODY)), failed(node.pins.add(NOBODY))]
    await begun.promise
    daemon.process.kill('SIGKILL')
    for (const error of [...(await Promise.all(inFlight)), await ended.promise]) expect(error).toMatchObject({ code: 'SERVICE_UNAVAILABLE', retryable: true })
    await expect(node.mfs.root()).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE', retryable: true })
  })
})

/** A node over a server that answers so. */
async function withServer(listener: RequestListener, run: (node: IpfsNode) => Promise<void>): Promise<void> {
  const server = createServer((request, response) => {
    request.resume()
    listener(request, response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  try {
    await using open = await kuboAlone(async () => ({ url: `http://127.0.0.1:${port}` }))
    await run(open.node)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

/** One call of each way to ask. */
const asking = (node: IpfsNode): (() => Promise<unknown>)[] => [
  () => node.add(bytesOf('x')),
  () => node.blocks.get(NOBODY),
  () => node.mfs.root(),
  () => node.identity(),
  () => node.version(),
  () => node.stats(),
  () => Array.fromAsync(node.pins.list()),
  () => Array.fromAsync(node.blocks.local()),
]

describe('what answers is not what it should be', () => {
  test.each<[string, RequestListener, string]>([
    ['a web page', (_, response) => response.writeHead(404, { 'content-type': 'text/html' }).end('<h1>no</h1>'), 'SERVICE_UNAVAILABLE'],
    ['one that knows us not', (_, response) => response.writeHead(403).end('Forbidden'), 'PERMISSION_DENIED'],
    ['one that hangs up', (request) => request.socket.destroy(), 'SERVICE_UNAVAILABLE'],
  ])('%s: every call says so', async (_, listener, code) => {
    await withServer(listener, async (node) => {
      for (const call of asking(node)) await expect(call(), String(call)).rejects.toMatchObject({ code })
    })
  })

  test.each([['{'], ['null'], ['[]'], ['{"Cid":7,"Ref":{},"Hash":"x","ID":0,"NumObjects":"many"}'], ['\u0000\u0001']])(
    'rubbish (%j) is no answer',
    async (body) => {
      await withServer(
        (_, response) => response.writeHead(200, { 'content-type': 'application/json' }).end(body),
        async (node) => {
          for (const call of asking(node))
            await expect(call(), String(call)).rejects.toMatchObject({ code: expect.stringMatching(/^(SERVICE_UNAVAILABLE|INVALID_BLOCK|IO_ERROR)$/) })
        },
      )
    },
  )

  test('half a list is not taken for the whole one', async () => {
    const listener: RequestListener = (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json', trailer: 'X-Stream-Error' })
      response.write(`{"Ref":"${NOBODY}","Err":""}\n`)
      response.addTrailers({ 'X-Stream-Error': 'leveldb: closed' })
      response.end()
    }
    await withServer(listener, async (node) => {
      await expect(Array.fromAsync(node.blocks.local())).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
    })
  })

  test('a block that is something else is not used', async () => {
    await withServer(
      (_, response) => response.end('forged'),
      async (node) => {
        await expect(node.blocks.get(NOBODY)).rejects.toMatchObject({ code: 'INVALID_BLOCK' })
      },
    )
  })
})

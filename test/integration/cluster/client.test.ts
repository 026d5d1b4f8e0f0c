import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { Cluster } from '../../../src/cluster/client.ts'
import { bytesOf } from '../../../src/core/bytes.ts'
import { isCode } from '../../../src/core/error.ts'
import { codeOf } from '../../contract/support.ts'

type Answer = (request: IncomingMessage, response: ServerResponse) => void

interface Answering extends AsyncDisposable {
  readonly cluster: Cluster
}

const SECRET = 'Basic cGxhbnRlZC1zZWNyZXQ='

/** What no healthy cluster answers. */
async function answering(answer: Answer): Promise<Answering> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    cluster: new Cluster({ api: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, authorization: SECRET }),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

const saying =
  (status: number, body: string): Answer =>
  (request, response) => {
    request.resume()
    response.writeHead(status, { 'content-type': 'application/json' }).end(body)
  }

const message = (code: number, said: string): string => JSON.stringify({ code, message: said })
const PIN = JSON.stringify({ cid: 'bafkqaaa', name: 'a' })

test.each([
  [400, message(400, 'error decoding Cid: selected encoding not supported'), 'INVALID_ARGUMENT'],
  [401, message(401, 'Unauthorized'), 'CREDENTIALS_REFUSED'],
  [403, message(403, 'Forbidden'), 'PERMISSION_DENIED'],
  [404, message(404, 'not found'), 'NOT_FOUND'],
  [429, 'slow down', 'RATE_LIMITED'],
  [500, message(500, 'not enough peers to allocate CID'), 'UNAVAILABLE'],
  [500, message(500, 'write /blocks: no space left on device'), 'QUOTA_EXCEEDED'],
  [502, '<html>Bad Gateway</html>', 'UNAVAILABLE'],
  [200, '<html>Welcome</html>', 'UNAVAILABLE'],
  [200, '{"an":"answer"}', 'UNAVAILABLE'],
  [200, '', 'UNAVAILABLE'],
])('%i %s is %s, and never shows the credentials', async (status, body, code) => {
  await using server = await answering(saying(status, body))
  const told = await server.cluster.pin('bafkqaaa').catch((error: unknown) => error)
  expect(told).toMatchObject({ code })
  expect(JSON.stringify([String(told), told])).not.toContain(SECRET)
})

test('what says that it is no cluster is not worth a repeat, one that has no room for now is', async () => {
  await using other = await answering(saying(200, '{}'))
  await expect(other.cluster.id()).rejects.toMatchObject({ code: 'UNAVAILABLE', retryable: false })
  await using full = await answering(saying(500, message(500, 'not enough peers')))
  await expect(full.cluster.id()).rejects.toMatchObject({ code: 'UNAVAILABLE', retryable: true })
})

test('when the cluster wants to be asked again is told', async () => {
  await using server = await answering((_, response) => response.writeHead(429, { 'retry-after': '2' }).end('slow down'))
  await expect(server.cluster.id()).rejects.toMatchObject({ code: 'RATE_LIMITED', retryable: true, details: { retry_after_ms: 2000 } })
})

test('an empty list is an answer without content', async () => {
  await using server = await answering((_, response) => response.writeHead(204).end())
  expect(await Array.fromAsync(server.cluster.statuses())).toEqual([])
})

test.each<[string, (response: ServerResponse) => void]>([
  ['told to be broken behind its end', (response) => (response.addTrailers({ 'X-Stream-Error': 'context canceled' }), response.end())],
  ['cut off', (response) => response.destroy()],
  ['cut off in a line', (response) => void response.write('{"cid":"bafk', () => response.destroy())],
])('a list that is %s gives what came, and then the failure', async (_, end) => {
  await using server = await answering((_request, response) => {
    response.writeHead(200, { trailer: 'X-Stream-Error' })
    response.write(`${PIN}\n`, () => end(response))
  })
  const seen: string[] = []
  const reading = (async () => {
    for await (const { cid } of server.cluster.allPinned()) seen.push(cid)
  })()
  expect(await codeOf(reading)).toBe('UNAVAILABLE')
  expect(seen).toEqual(['bafkqaaa'])
})

test('who gives up is not kept waiting by a silent cluster, in a call, a list or an upload', async () => {
  let asked = Promise.withResolvers<void>()
  await using server = await answering(() => asked.resolve())
  const { cluster } = server
  const calls = [
    (signal: AbortSignal) => cluster.id({ signal }),
    (signal: AbortSignal) => Array.fromAsync(cluster.allPinned({ signal })),
    (signal: AbortSignal) => cluster.add(bytesOf('a CAR'), {}, { signal }),
  ]
  for (const call of calls) {
    asked = Promise.withResolvers()
    const ending = new AbortController()
    const told = call(ending.signal).catch((error: unknown) => error)
    await asked.promise
    ending.abort()
    expect(isCode(await told, 'CANCELLED')).toBe(true)
  }
})

test('an upload that a cluster refuses before its end stops its source', async () => {
  await using server = await answering((_, response) => response.writeHead(401, { connection: 'close' }).end(message(401, 'Unauthorized')))
  let stopped = false
  async function* endless() {
    try {
      for (;;) yield Buffer.alloc(1 << 20)
    } finally {
      stopped = true
    }
  }
  expect(['CREDENTIALS_REFUSED', 'UNAVAILABLE']).toContain(await codeOf(server.cluster.add(endless())))
  await expect.poll(() => stopped).toBe(true)
})

import { once } from 'node:events'
import { request, type RequestOptions } from 'node:http'
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, test, vi } from 'vitest'
import { z } from 'zod'
import { EventBus } from '../../../src/core/events.ts'
import { tool, type ToolContext } from '../../../src/registry/tool.ts'
import { connectHttp, serve } from '../../support/http.ts'
import { partsOf, registryOf } from '../../support/toolset.ts'

const Output = z.strictObject({ client: z.string(), session: z.string().nullable() })

class Who {
  static readonly toolset = 'who'

  @tool({ name: 'who_asks', title: 'Who', description: 'Tell who asks.', effect: 'read', input: z.object({}), output: Output })
  async asks(_: object, { actor }: ToolContext): Promise<z.input<typeof Output>> {
    return { client: actor.client, session: actor.session ?? null }
  }

  @tool({ name: 'who_waits', title: 'Wait', description: 'Wait until the caller leaves.', effect: 'read', input: z.object({}), output: z.strictObject({}) })
  async waits(_: object, { signal, progress }: ToolContext): Promise<Record<string, never>> {
    progress(1)
    waiting.started.resolve()
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
    waiting.aborted.resolve()
    return {}
  }
}

const json = (body: string): string => `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`

let waiting = { started: Promise.withResolvers<void>(), aborted: Promise.withResolvers<void>() }
const events = new EventBus()
const parts = async () => {
  waiting = { started: Promise.withResolvers<void>(), aborted: Promise.withResolvers<void>() }
  return partsOf(await registryOf({ classes: { Who } }), events)
}

test('a modern client needs no session; an older one keeps its own', async () => {
  await using server = await serve(await parts())
  await using modern = await connectHttp(`${server.url}/mcp`, 'modern')
  expect((await modern.call('who_asks')).result).toMatchObject({ client: 'test-client', session: null })

  await using one = await connectHttp(`${server.url}/mcp`, 'legacy')
  await using two = await connectHttp(`${server.url}/mcp`, 'legacy')
  const { session } = (await one.call('who_asks')).result
  expect(session).toMatch(/^s[0-9a-z]{7}$/)
  expect((await one.call('who_asks')).result['session']).toBe(session)
  expect((await two.call('who_asks')).result['session']).not.toBe(session)
})

test('each toolset has its own address', async () => {
  const all = await parts()
  await using server = await serve(all, { parts: (toolset) => (toolset === undefined || toolset === 'who' ? all : undefined) })
  await using client = await connectHttp(`${server.url}/mcp/x/who`)
  expect((await client.client.listTools()).tools).toHaveLength(2)
  const missing = await fetch(`${server.url}/mcp/x/nothing`, { method: 'POST' })
  expect([missing.status, await missing.json()]).toMatchObject([404, { error: { data: { error_code: 'UNKNOWN_ENDPOINT' } } }])
})

test('health and readiness', async () => {
  await using server = await serve(await parts(), { token: 'secret', ready: async () => ({ ready: false, journal: 'recovering' }) })
  expect(await (await fetch(`${server.url}/healthz`)).json()).toEqual({ status: 'ok' })
  expect((await fetch(`${server.url}/readyz`)).status).toBe(401)
  const ready = await fetch(`${server.url}/readyz`, { headers: { authorization: 'Bearer secret' } })
  expect([ready.status, await ready.json()]).toEqual([503, { ready: false, journal: 'recovering' }])
})

test('without the token nobody gets in', async () => {
  await using server = await serve(await parts(), { token: 'secret' })
  const none = await fetch(`${server.url}/mcp`, { method: 'POST' })
  expect([none.status, none.headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="polymount"'])
  const wrong = await fetch(`${server.url}/mcp`, { method: 'POST', headers: { authorization: 'Bearer secreT' } })
  expect([wrong.status, wrong.headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="polymount", error="invalid_token"'])
  await using client = await connectHttp(`${server.url}/mcp`, 'modern', { authorization: 'Bearer secret' })
  expect((await client.call('who_asks')).ok).toBe(true)
})

test.each([
  ['a rebound host name', { host: 'evil.example' }, 403],
  ['a page of a stranger', { origin: 'https://evil.example' }, 403],
  ['a sandboxed page', { origin: 'null' }, 403],
  ['our own page', { origin: 'http://localhost:3000' }, 200],
  ['an allowed page', { origin: 'https://app.example' }, 200],
  ['an allowed host', { host: 'box.lan:4280' }, 200],
  ['an IP address', { host: '192.168.1.5:4280' }, 200],
])('%s', async (_, headers, status) => {
  await using server = await serve(await parts(), { allowedHosts: ['box.lan'], allowedOrigins: ['https://app.example'] })
  expect(await statusOf(`${server.url}/healthz`, headers)).toBe(status)
})

test('a browser may ask first, and read the answer', async () => {
  await using server = await serve(await parts(), { token: 'secret', allowedOrigins: ['https://app.example'] })
  const asked = await fetch(`${server.url}/mcp`, {
    method: 'OPTIONS',
    headers: { origin: 'https://app.example', 'access-control-request-headers': 'authorization,content-type' },
  })
  expect([asked.status, asked.headers.get('access-control-allow-origin'), asked.headers.get('access-control-allow-headers')]).toEqual([
    204,
    'https://app.example',
    'authorization,content-type',
  ])
})

test('a body over the limit is refused before it is read', async () => {
  await using server = await serve(await parts())
  const response = await fetch(`${server.url}/mcp`, { method: 'POST', body: 'x'.repeat(4 * 1024 * 1024 + 1) })
  expect([response.status, await response.json()]).toMatchObject([413, { error: { data: { error_code: 'BODY_TOO_LARGE' } } }])
})

test('a body without a length is refused once it passes the limit', async () => {
  await using server = await serve(await parts())
  const body = ReadableStream.from(Array.from({ length: 80 }, () => Buffer.alloc(64 * 1024, 'x')))
  const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }
  const response = await fetch(`${server.url}/mcp`, { method: 'POST', body, duplex: 'half', headers })
  expect([response.status, await response.json()]).toMatchObject([413, { error: { data: { error_code: 'BODY_TOO_LARGE' } } }])
})

test('a session that has ended is 404, and its client begins anew', async () => {
  await using server = await serve(await parts())
  const response = await fetch(`${server.url}/mcp`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', 'mcp-session-id': 'gone' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' }),
  })
  expect([response.status, await response.json()]).toMatchObject([404, { error: { data: { error_code: 'SESSION_NOT_FOUND' } } }])
})

test('a modern client that disconnects aborts its call', async () => {
  await using server = await serve(await parts())
  await using client = await connectHttp(`${server.url}/mcp`)
  const gone = new AbortController()
  const call = client.client.callTool({ name: 'who_waits' }, { signal: gone.signal })
  await waiting.started.promise
  gone.abort()
  await expect(call).rejects.toThrow(/abort/i)
  await waiting.aborted.promise
})

test('notifications/cancelled of an older client aborts its call', async () => {
  await using server = await serve(await parts())
  await using client = await connectHttp(`${server.url}/mcp`, 'legacy')
  const gone = new AbortController()
  const call = client.client.callTool({ name: 'who_waits' }, { signal: gone.signal })
  await waiting.started.promise
  gone.abort()
  await expect(call).rejects.toThrow(/abort/i)
  await waiting.aborted.promise
})

test('closing the server aborts what runs and lets nobody hang', async () => {
  const server = await serve(await parts())
  await using client = await connectHttp(`${server.url}/mcp`, 'legacy')
  const call = client.client.callTool({ name: 'who_waits' }).catch(() => 'ended')
  await waiting.started.promise
  await server[Symbol.asyncDispose]()
  await waiting.aborted.promise
  await client.client.close()
  expect(await call).toBe('ended')
})

test('who begins a request and does not go on with it is not waited for', { timeout: 60_000 }, async () => {
  await using server = await serve(await parts())
  const slow = await dial(server.url)
  slow.write('POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\n')
  expect(await text(slow)).toMatch(/^HTTP\/1\.1 408 /)
})

test('of more connections than there is room for the last ones are refused, until others leave', async () => {
  await using server = await serve(await parts())
  const open = await Promise.all(Array.from({ length: 1024 }, () => dial(server.url)))
  const refused = await dial(server.url)
  await once(refused.resume(), 'close')
  const gone = open.map((socket) => once(socket, 'close'))
  for (const socket of open) socket.destroy()
  await Promise.all(gone)
  await vi.waitFor(async () => expect(await statusOf(`${server.url}/healthz`, {})).toBe(200))
})

test.each([
  ['two lengths', 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 400],
  ['a chunk that is none', 'Transfer-Encoding: chunked\r\n\r\nZZ\r\n', 400],
  ['a head without end', `X: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
  ['a body of another kind', 'Content-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}', 415],
  ['a body that is compressed', 'Content-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nxx', 400],
  ['an array in an array, a million times', json('['.repeat(1_000_000) + ']'.repeat(1_000_000)), 400],
  [
    'more messages than anybody has',
    json(`[${Array.from({ length: 9_999 }, (_, id) => JSON.stringify({ jsonrpc: '2.0', id, method: 'ping' })).join(',')}]`),
    400,
  ],
])('%s is refused, and the server goes on', async (_, sent, status) => {
  await using server = await serve(await parts())
  const socket = await dial(server.url)
  socket.write(`POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nAccept: application/json, text/event-stream\r\n${sent}`)
  const answer = await text(socket)
  expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
  expect(answer).not.toMatch(/\bat .*:\d+:\d+|node_modules/)
  expect(await statusOf(`${server.url}/healthz`, {})).toBe(200)
})

test.each(['//', '/mcp', 'http://['])('an address or method that is none (%s) is 400', async (path) => {
  await using server = await serve(await parts())
  expect(await statusOf(server.url, {}, { path, method: path === '/mcp' ? 'TRACE' : 'GET' })).toBe(400)
})

async function dial(url: string): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  socket.on('error', () => {}) // cut off while it still sends
  await once(socket, 'connect')
  return socket
}

/** fetch does not let a caller choose its Host header. */
const statusOf = (url: string, headers: Record<string, string>, options: RequestOptions = {}): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    request(url, { headers, ...options }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
      .once('error', reject)
      .end()
  })

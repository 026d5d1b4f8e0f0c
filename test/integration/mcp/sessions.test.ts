import { afterEach, expect, test, vi } from 'vitest'
import type { McpParts } from '../../../src/mcp/parts.ts'
import { Sessions } from '../../../src/mcp/http/sessions.ts'
import { partsOf, registryOf } from '../../support/toolset.ts'

const parts: McpParts = partsOf(await registryOf({}))
const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }
const post = (body: object, session?: string): Request =>
  new Request('http://localhost/mcp', {
    method: 'POST',
    headers: { ...headers, ...(session !== undefined && { 'mcp-session-id': session }) },
    body: JSON.stringify({ jsonrpc: '2.0', ...body }),
  })
const initialize = () =>
  post({ id: 1, method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'raw', version: '1' } } })
const ping = (session: string) => post({ id: 2, method: 'ping' }, session)

/** Answers everything at once, as when the client reads it. */
const exchange = async (sessions: Sessions, request: Request): Promise<Response> => {
  let answered = (): void => {}
  const response = await sessions.fetch(request, (listener) => {
    answered = listener
  })
  await response.text()
  answered()
  return response
}
const begin = async (sessions: Sessions): Promise<string> => (await exchange(sessions, initialize())).headers.get('mcp-session-id') ?? ''

afterEach(() => void vi.useRealTimers())

test('a session nobody used for an hour ends when another begins', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  await using sessions = new Sessions(parts)
  const old = await begin(sessions)
  vi.setSystemTime(Date.now() + 59 * 60_000)
  const used = await begin(sessions)
  vi.setSystemTime(Date.now() + 2 * 60_000)
  await begin(sessions)
  expect((await exchange(sessions, ping(old))).status).toBe(404)
  expect((await exchange(sessions, ping(used))).status).toBe(200)
})

test('when there are too many the one that was idle longest ends; one that listens does not', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  await using sessions = new Sessions(parts)
  const listening = await begin(sessions)
  await sessions.fetch(new Request('http://localhost/mcp', { headers: { ...headers, 'mcp-session-id': listening } }), () => {})
  const ids: string[] = []
  for (let i = 0; i < 256; i++) {
    vi.setSystemTime(Date.now() + 1_000)
    ids.push(await begin(sessions))
  }
  expect(sessions.size).toBe(256)
  expect((await exchange(sessions, ping(listening))).status).toBe(200)
  expect((await exchange(sessions, ping(ids[0] ?? ''))).status).toBe(404)
  expect((await exchange(sessions, ping(ids[1] ?? ''))).status).toBe(200)
})

test('a request that begins no session leaves none', async () => {
  await using sessions = new Sessions(parts)
  expect((await exchange(sessions, post({ id: 1, method: 'tools/list' }))).status).toBe(400)
  expect(sessions.size).toBe(0)
  expect(parts.events.listenerCount('tools')).toBe(0)
})

test('a session that its client ends is gone', async () => {
  await using sessions = new Sessions(parts)
  const id = await begin(sessions)
  await exchange(sessions, new Request('http://localhost/mcp', { method: 'DELETE', headers: { ...headers, 'mcp-session-id': id } }))
  expect(sessions.size).toBe(0)
  expect(parts.events.listenerCount('tools')).toBe(0)
  expect((await exchange(sessions, ping(id))).status).toBe(404)
})

import { StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import type { HttpOptions } from '../../src/mcp/http/options.ts'
import { type HttpServerHandle, serveOverHttp } from '../../src/mcp/http/serve.ts'
import type { McpParts } from '../../src/mcp/parts.ts'
import { type Connected, connected, type Era, newClient } from './client.ts'

/** The HTTP door on a free port of the loopback address. */
export const serve = (parts: McpParts, options: Partial<HttpOptions> = {}): Promise<HttpServerHandle> =>
  serveOverHttp({
    host: '127.0.0.1',
    port: 0,
    allowedHosts: [],
    allowedOrigins: [],
    parts: () => parts,
    ready: async () => ({ ready: true }),
    log: () => {},
    ...options,
  })

/** A real client of the given era at one address; an older one listens before this resolves. */
export async function connectHttp(url: string, era: Era = 'modern', headers: Record<string, string> = {}): Promise<Connected> {
  const client = newClient('test-client', era)
  const listening = Promise.withResolvers<void>()
  const watched: typeof fetch = async (input, init) => {
    const response = await fetch(input, init)
    if (init?.method === 'GET') listening.resolve()
    return response
  }
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers }, fetch: watched }))
  if (era === 'legacy') await listening.promise
  return connected(client, async () => {})
}

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
    maxBody: 4 * 1024 * 1024,
    parts: () => parts,
    ready: async () => ({ ready: true }),
    log: () => {},
    ...options,
  })

/** A real client of the given era at one address. */
export async function connectHttp(url: string, era: Era = 'modern', headers: Record<string, string> = {}): Promise<Connected> {
  const client = newClient('test-client', era)
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }))
  return connected(client, async () => {})
}

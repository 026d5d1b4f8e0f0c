import { Server } from '@modelcontextprotocol/server'
import { instructions } from './instructions.ts'
import type { McpParts } from './parts.ts'
import { serveTools } from './tools.ts'

const MINUTE = 60_000

/** One MCP server: for a connection, whose session the journal records, or for a single request. */
export function mcpServer(parts: McpParts, session: string | undefined): Server {
  const server = new Server(
    { name: 'polymount', title: 'polymount', version: parts.version },
    {
      capabilities: { tools: { listChanged: true } },
      instructions: instructions(parts.served),
      cacheHints: {
        'tools/list': { ttlMs: MINUTE, cacheScope: 'private' },
      },
    },
  )
  serveTools(server, parts, session)
  return server
}

import { serveStdio } from '@modelcontextprotocol/server/stdio'
import type { Transport } from '@modelcontextprotocol/server'
import { mcpServer } from './server.ts'
import { Connection } from './connection.ts'
import { noteListening } from './listening.ts'
import type { McpParts } from './parts.ts'

/** Serves one client over a transport of its own: stdin and stdout, or what stands in their place. */
export function serveOverStdio(parts: McpParts, transport: Transport): { close(): Promise<void> } {
  const connection = new Connection(parts.inboxes)
  const handle = serveStdio(() => mcpServer(parts, connection), { transport, onerror: (error) => parts.log('MCP over stdio', error) })
  noteListening(transport, connection.subscriptions)
  return handle
}

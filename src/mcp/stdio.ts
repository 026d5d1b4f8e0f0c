import { serveStdio, StdioServerTransport } from '@modelcontextprotocol/server/stdio'
import type { Transport } from '@modelcontextprotocol/server'
import { mcpServer } from './server.ts'
import { Connection } from './connection.ts'
import { noteListening } from './listening.ts'
import type { McpParts } from './parts.ts'

export { StdioServerTransport }

export interface StdioDoor {
  /** Resolves when the client has gone: stdin has ended, or stdout broke. */
  readonly closed: Promise<void>
  close(): Promise<void>
}

/** Serves one client over stdin and stdout (StdioServerTransport), or over another transport in their place. */
export function serveOverStdio(parts: McpParts, transport: Transport): StdioDoor {
  const connection = new Connection()
  const { promise: closed, resolve } = Promise.withResolvers<void>()
  const handle = serveStdio(() => mcpServer(parts, connection), { transport, onerror: (error) => parts.log('MCP over stdio', error) })
  noteListening(transport, connection.subscriptions)
  const { onclose } = transport
  transport.onclose = () => {
    onclose?.()
    resolve()
  }
  return { closed, close: () => handle.close() }
}

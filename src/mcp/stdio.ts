import { serveStdio } from '@modelcontextprotocol/server/stdio'
import type { Transport } from '@modelcontextprotocol/server'
import { mcpServer } from './server.ts'
import { Connection } from './connection.ts'
import { noteListening } from './listening.ts'
import type { McpParts } from './parts.ts'

export interface StdioDoor {
  /** Resolves when the client has gone: stdin has ended, or stdout broke. */
  readonly closed: Promise<void>
  close(): Promise<void>
}

/** Serves one client over a transport of its own: stdin and stdout, or what stands in their place. */
export function serveOverStdio(parts: McpParts, transport: Transport): StdioDoor {
  const connection = new Connection(parts.inboxes)
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

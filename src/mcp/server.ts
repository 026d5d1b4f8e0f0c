import { Server } from '@modelcontextprotocol/server'
import { announce } from './announce.ts'
import { instructions } from './instructions.ts'
import type { McpParts } from './parts.ts'
import { serveResources } from './resources/serve.ts'
import type { Subscriptions } from './resources/subscriptions.ts'
import { touched } from './resources/uri.ts'
import { serveTools } from './tools.ts'

/** Lists may be kept for as long as nobody says that they changed. */
const LIST = { ttlMs: 60_000, cacheScope: 'private' } as const
/** Content changes at any time, and not only by us. */
const CONTENT = { ttlMs: 0, cacheScope: 'private' } as const

/** The server of one connection, or of a single request of a client that keeps none. */
export interface Connection {
  /** Names it in the journal. */
  readonly session: string
  /** Older clients subscribe here; newer ones at the entry, which picks what they asked for. */
  readonly era: 'legacy' | 'modern'
}

export function mcpServer(parts: McpParts, connection?: Connection): Server {
  const server = new Server(
    { name: 'polymount', title: 'polymount', version: parts.version },
    {
      capabilities: { tools: { listChanged: true }, resources: { subscribe: true, listChanged: true }, experimental: { directoryRead: {} } },
      instructions: instructions(parts),
      cacheHints: { 'server/discover': LIST, 'tools/list': LIST, 'resources/list': LIST, 'resources/templates/list': LIST, 'resources/read': CONTENT },
    },
  )
  serveTools(server, parts, connection?.session)
  const subscriptions = serveResources(server, parts, connection?.session)
  if (connection !== undefined) tellOf(server, parts, connection.era === 'legacy' ? subscriptions : undefined)
  return server
}

function tellOf(server: Server, { events }: McpParts, subscriptions: Subscriptions | undefined): void {
  server.onclose = announce(events, {
    tools: () => tell(server.sendToolListChanged()),
    resources: () => tell(server.sendResourceListChanged()),
    updated: (paths) => (subscriptions?.touchedBy(paths) ?? touched(paths)).forEach((uri) => tell(server.sendResourceUpdated({ uri }))),
  })
}

/** A client that has gone needs no news. */
const tell = (sent: Promise<void>): void => void sent.catch(() => {})

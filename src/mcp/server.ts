import { Server } from '@modelcontextprotocol/server'
import { announce } from './announce.ts'
import type { Connection } from './connection.ts'
import { CAPABILITIES, identity } from './identity.ts'
import { instructions } from './instructions.ts'
import { offerOf } from './offer.ts'
import type { McpParts } from './parts.ts'
import { serveResources } from './resources/serve.ts'
import { serveTools } from './tools.ts'

/** Lists may be kept for as long as nobody says that they changed. */
const LIST = { ttlMs: 60_000, cacheScope: 'private' } as const
/** Content changes at any time, and not only by us. */
const CONTENT = { ttlMs: 0, cacheScope: 'private' } as const

/** The server of one connection, or of a single request of a client that keeps none. */
export function mcpServer(parts: McpParts, connection?: Connection): Server {
  const server = new Server(identity(parts), {
    capabilities: CAPABILITIES,
    instructions: instructions(offerOf(parts)),
    cacheHints: { 'server/discover': LIST, 'tools/list': LIST, 'resources/list': LIST, 'resources/templates/list': LIST, 'resources/read': CONTENT },
  })
  serveTools(server, parts, connection?.session)
  serveResources(server, parts, connection)
  if (connection !== undefined) tellOf(server, parts, connection)
  return server
}

function tellOf(server: Server, { events }: McpParts, { subscriptions }: Connection): void {
  const updated = (uris: readonly string[]): void => uris.forEach((uri) => tell(server.sendResourceUpdated({ uri })))
  server.onclose = announce(events, {
    tools: () => tell(server.sendToolListChanged()),
    resources: () => tell(server.sendResourceListChanged()),
    updated: (paths) => updated(subscriptions.touchedBy(paths)),
    heard: (topics) => updated(subscriptions.heardOn(topics)),
  })
}

/** A client that has gone needs no news. */
const tell = (sent: Promise<void>): void => void sent.catch(() => {})

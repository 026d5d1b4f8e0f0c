import type { Server, ServerContext } from '@modelcontextprotocol/server'
import { z } from 'zod'
import type { VfsCall } from '../../vfs/types.ts'
import { actorOf } from '../actor.ts'
import type { Connection } from '../connection.ts'
import type { McpParts } from '../parts.ts'
import { asProtocol } from './errors.ts'
import { fromUri, TEMPLATE, TOPIC_TEMPLATE, topicOf } from './uri.ts'

const DirectoryRead = z.object({ uri: z.string(), cursor: z.string().optional() })

/** Loaded when first asked for: a table of MIME types is too much for the start. */
const contents = () => import('./contents.ts')

/** Every VFS path as polymount:///path, and pubsub topics. Older clients subscribe here, to what lasts as long as their connection. */
export function serveResources(server: Server, { vfs, inboxes, log }: McpParts, connection?: Connection): void {
  const answer = <T>(uri: string, work: () => Promise<T>): Promise<T> => asProtocol(uri, log, work)
  const callOf = (ctx: ServerContext): VfsCall => ({ actor: actorOf(server, ctx, connection?.session), signal: ctx.mcpReq.signal })

  server.setRequestHandler('resources/list', () => answer('polymount:///', async () => (await contents()).listMounts(vfs)))
  server.setRequestHandler('resources/templates/list', () => ({
    resourceTemplates: [
      { uriTemplate: TEMPLATE, name: 'path', title: 'A file or folder', description: 'A served path without its leading slash.' },
      {
        uriTemplate: TOPIC_TEMPLATE,
        name: 'topic',
        title: 'Messages of an IPFS pubsub topic',
        description: 'What came since somebody first read or subscribed to it.',
      },
    ],
  }))
  server.setRequestHandler('resources/read', ({ params: { uri } }, ctx) =>
    answer(uri, async () => {
      const topic = topicOf(uri)
      const { readResource, readTopic } = await contents()
      return topic === undefined ? readResource(vfs, uri, fromUri(uri), callOf(ctx)) : readTopic(inboxes, uri, topic, callOf(ctx))
    }),
  )
  server.setRequestHandler('resources/directory/read', { params: DirectoryRead }, ({ uri, cursor }, ctx) =>
    answer(uri, async () => (await contents()).readDirectory(vfs, fromUri(uri), cursor, callOf(ctx))),
  )
  server.setRequestHandler('resources/subscribe', ({ params: { uri } }, ctx) =>
    answer(uri, async () => {
      await connection?.subscriptions.add(uri, callOf(ctx))
      return {}
    }),
  )
  server.setRequestHandler('resources/unsubscribe', ({ params: { uri } }) => {
    connection?.subscriptions.delete(uri)
    return {}
  })
}

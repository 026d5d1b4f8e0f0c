import { z } from 'zod'
import { collect } from '../../src/core/bytes.ts'
import type { Held, Inbox } from '../../src/ipfs/inbox.ts'
import type { Inboxes } from '../../src/ipfs/inboxes.ts'
import { messageFields, shownMessage } from '../../src/ipfs/message.ts'
import type { IpfsNode } from '../../src/ipfs/types.ts'
import type { Services } from '../../src/registry/services.ts'
import { tool, type ToolContext } from '../../src/registry/tool.ts'
import type { Vfs } from '../../src/vfs/types.ts'
import { contentFields, contentOf, streamOf } from '../content.ts'
import { cursorOf, placeOf } from '../cursor.ts'
import { callOf, cursor } from '../vfs/schemas.ts'
import { topic } from './schemas.ts'

const MAX_MESSAGE = 512 * 1024 // of what gossip carries in one piece with its wrapping
const SEND_CID = 'Add it with ipfs_add, and publish its CID.'
const MAX_PAGE = 256 * 1024
const MAX_PEERS = 500

const PublishInput = z.strictObject({ topic, ...contentFields })
const PublishOutput = z.strictObject({ topic: z.string(), bytes: z.int(), peers: z.int().describe('Known to listen') })

const SubscribeInput = z.strictObject({
  topic,
  max_messages: z.int().min(1).max(500).default(50),
  timeout_ms: z.int().min(0).max(60_000).default(5000).describe('How long to wait for the first one'),
  cursor,
})
const SubscribeOutput = z.strictObject({
  messages: z.array(z.strictObject({ ...messageFields, received: z.iso.datetime() })),
  next_cursor: z.string(),
  more: z.int().describe('Waiting after these'),
  dropped: z.int().describe('Lost: too many came before this call'),
})

const PeersInput = z.strictObject({ topic: topic.optional() })
const PeersOutput = z.strictObject({ peers: z.array(z.string()), total: z.int() })

/** Messages between peers, which nobody keeps. */
export class PubsubTools {
  readonly #node: IpfsNode
  readonly #inboxes: Inboxes
  readonly #vfs: Vfs

  constructor({ ipfs, inboxes, vfs }: Pick<Services, 'ipfs' | 'inboxes' | 'vfs'>) {
    this.#node = ipfs
    this.#inboxes = inboxes
    this.#vfs = vfs
  }

  @tool({
    name: 'ipfs_pubsub_publish',
    title: 'Publish a message',
    description: 'Publish a message to all who listen to a topic now; nobody keeps it.',
    effect: 'write',
    openWorld: true,
    needs: ['ipfs'],
    input: PublishInput,
    output: PublishOutput,
  })
  async publish(input: z.output<typeof PublishInput>, context: ToolContext): Promise<z.input<typeof PublishOutput>> {
    const call = callOf(context)
    const data = await collect(streamOf(await contentOf(input, this.#vfs, call)), MAX_MESSAGE, SEND_CID)
    await this.#node.pubsub.publish(input.topic, data, call)
    return { topic: input.topic, bytes: data.length, peers: (await this.#node.pubsub.peers(input.topic, call)).length }
  }

  @tool({
    name: 'ipfs_pubsub_subscribe',
    title: 'Read messages',
    description:
      'Subscribe to a topic and read what came since; the subscription goes on, and with next_cursor as cursor the next call reads on without a gap.',
    effect: 'read',
    openWorld: true,
    needs: ['ipfs'],
    input: SubscribeInput,
    output: SubscribeOutput,
  })
  async subscribe(input: z.output<typeof SubscribeInput>, { signal }: ToolContext): Promise<z.input<typeof SubscribeOutput>> {
    const inbox = await this.#inboxes.open(input.topic, { signal })
    const from = input.cursor === undefined ? 0 : Number(placeOf(input.cursor, inbox.id))
    await inbox.arrival(from, input.timeout_ms, signal)
    return pageOf(inbox, from, input.max_messages)
  }

  @tool({
    name: 'ipfs_pubsub_peers',
    title: 'List peers of a topic',
    description: 'List the peers that are known to listen to a topic, or those that could.',
    effect: 'read',
    openWorld: true,
    needs: ['ipfs'],
    input: PeersInput,
    output: PeersOutput,
  })
  async peers({ topic: name }: z.output<typeof PeersInput>, { signal }: ToolContext): Promise<z.input<typeof PeersOutput>> {
    const all = (await this.#node.pubsub.peers(name, { signal })).toSorted()
    return { peers: all.slice(0, MAX_PEERS), total: all.length }
  }
}

function pageOf(inbox: Inbox, from: number, messages: number): z.input<typeof SubscribeOutput> {
  const { held, next, dropped, more } = inbox.from(from, { messages, bytes: MAX_PAGE })
  return { messages: held.map(shown), next_cursor: cursorOf(inbox.id, next), more, dropped }
}

const shown = ({ message, received }: Held) => ({ ...shownMessage(message), received: received.toISOString() })

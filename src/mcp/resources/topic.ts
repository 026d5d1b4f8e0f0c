import type { ReadResourceResult } from '@modelcontextprotocol/server'
import type { Call } from '../../core/backend.ts'
import type { Inboxes } from '../../ipfs/inboxes.ts'
import { shownMessage } from '../../ipfs/message.ts'

const MOST = { messages: 1000, bytes: 512 * 1024 }

/** What came on a topic and is still held; reading subscribes. Of much, the newest. */
export async function readTopic(inboxes: Inboxes, uri: string, topic: string, call: Call): Promise<ReadResourceResult> {
  const { held, dropped } = (await inboxes.open(topic, call)).newest(MOST)
  const messages = held.map(({ message, received }) => ({ ...shownMessage(message), received: received.toISOString() }))
  return { contents: [{ uri, mimeType: 'application/json', text: JSON.stringify({ topic, messages, dropped }) }] }
}

import type { IncomingMessage } from 'node:http'
import { type Query, refusal, search, send, type Sent } from '../../core/wire.ts'
import type { Endpoint } from './endpoint.ts'

/**
 * Calls whose answer is a stream. kubo-rpc-client has them too, but on `fetch`, which never shows the trailer by which
 * Kubo tells that a stream broke off: half a list would pass for the whole one, and a failed import for a good one.
 * `fetch` also gives up on a subscription that is silent for five minutes.
 */
export class Wire {
  readonly #endpoint: Endpoint

  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint
  }

  /** Resolves with the head of a good answer. Rejects with what the daemon says. */
  async open(command: string, query: Query, sent: Sent = {}): Promise<IncomingMessage> {
    const { body } = sent
    const { url, authorization } = await this.#endpoint(sent)
    const target = new URL(`/api/v0/${command}?${search(query)}`, url)
    const answer = await send('POST', target, { ...(authorization !== undefined && { authorization }), ...(body && { 'content-type': body.type }) }, sent)
    if (answer.statusCode === 200) return answer
    const refused = await refusal(answer, authorization)
    body?.stream.destroy(refused)
    throw refused
  }
}

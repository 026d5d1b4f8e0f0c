import { createMcpHandler, isLegacyRequest, type McpHttpHandler } from '@modelcontextprotocol/server'
import type { McpParts } from '../parts.ts'
import { mcpServer } from '../server.ts'
import { announce } from '../announce.ts'
import { collect } from '../../core/bytes.ts'
import { LISTEN, listensTo } from '../listening.ts'
import { Subscriptions } from '../resources/subscriptions.ts'
import { MAX_BODY } from './options.ts'
import { type OnAnswered, Sessions } from './sessions.ts'

/** MCP behind one path: sessionless for 2026-07-28, with sessions for older clients. */
export class HttpMcp implements AsyncDisposable {
  readonly #modern: McpHttpHandler
  readonly #legacy: Sessions
  readonly #subscriptions: Subscriptions
  #listening = 0
  readonly #stopTelling: () => void

  constructor(parts: McpParts, onerror: (error: Error) => void) {
    this.#legacy = new Sessions(parts)
    this.#modern = createMcpHandler(() => mcpServer(parts), { legacy: 'reject', maxRequestBodySize: MAX_BODY, onerror })
    const subscriptions = (this.#subscriptions = new Subscriptions((topic, call) => parts.inboxes.open(topic, call)))
    const { notify } = this.#modern
    const updated = (uris: readonly string[]): void => uris.forEach((uri) => notify.resourceUpdated(uri))
    this.#stopTelling = announce(parts.events, {
      tools: () => notify.toolsChanged(),
      resources: () => notify.resourcesChanged(),
      updated: (paths) => updated(subscriptions.touchedBy(paths)),
      heard: (topics) => updated(subscriptions.heardOn(topics)),
    })
  }

  async fetch(request: Request, onAnswered: OnAnswered): Promise<Response> {
    const legacy = await isLegacyRequest(request, undefined, { maxRequestBodySize: MAX_BODY })
    if (legacy) return this.#legacy.fetch(request, onAnswered)
    if (request.headers.get('mcp-method') === LISTEN) await this.#noteListening(request.clone(), onAnswered)
    return this.#modern.fetch(request)
  }

  /** The SDK delivers by the letters of a URI, and keeps to itself which it was asked for. What is no such request it refuses itself. */
  async #noteListening({ body }: Request, onAnswered: OnAnswered): Promise<void> {
    try {
      const uris = body === null ? undefined : listensTo(JSON.parse(Buffer.from(await collect(body, MAX_BODY)).toString()))
      if (uris === undefined) return
      const id = this.#listening++
      this.#subscriptions.listen(id, uris)
      onAnswered(() => this.#subscriptions.unlisten(id))
    } catch {
      // no JSON, or too much of it
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopTelling()
    await Promise.all([this.#modern.close(), this.#legacy[Symbol.asyncDispose]()])
  }
}

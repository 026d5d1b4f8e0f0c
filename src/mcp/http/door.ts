import { createMcpHandler, isLegacyRequest, type McpHttpHandler } from '@modelcontextprotocol/server'
import type { McpParts } from '../parts.ts'
import { mcpServer } from '../server.ts'
import { announce } from '../announce.ts'
import { topicUri, touched } from '../resources/uri.ts'
import { MAX_BODY } from './options.ts'
import { type OnAnswered, Sessions } from './sessions.ts'

/** MCP behind one path: sessionless for 2026-07-28, with sessions for older clients. */
export class HttpMcp implements AsyncDisposable {
  readonly #modern: McpHttpHandler
  readonly #legacy: Sessions
  readonly #stopTelling: () => void

  constructor(parts: McpParts, onerror: (error: Error) => void) {
    this.#legacy = new Sessions(parts)
    this.#modern = createMcpHandler(() => mcpServer(parts), { legacy: 'reject', maxRequestBodySize: MAX_BODY, onerror })
    const { notify } = this.#modern
    this.#stopTelling = announce(parts.events, {
      tools: () => notify.toolsChanged(),
      resources: () => notify.resourcesChanged(),
      updated: (paths) => touched(paths).forEach((uri) => notify.resourceUpdated(uri)),
      heard: (topics) => topics.forEach((topic) => notify.resourceUpdated(topicUri(topic))),
    })
  }

  async fetch(request: Request, onAnswered: OnAnswered): Promise<Response> {
    const legacy = await isLegacyRequest(request, undefined, { maxRequestBodySize: MAX_BODY })
    return legacy ? this.#legacy.fetch(request, onAnswered) : this.#modern.fetch(request)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopTelling()
    await Promise.all([this.#modern.close(), this.#legacy[Symbol.asyncDispose]()])
  }
}

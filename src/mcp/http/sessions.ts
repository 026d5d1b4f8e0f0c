import { randomUUID } from 'node:crypto'
import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/server'
import { Connection } from '../connection.ts'
import type { McpParts } from '../parts.ts'
import { mcpServer } from '../server.ts'
import { MAX_BODY } from './options.ts'
import { refusal } from './refusal.ts'

const MOST_SESSIONS = 256
const IDLE_MS = 60 * 60_000

interface Session {
  readonly transport: WebStandardStreamableHTTPServerTransport
  /** Requests that are not answered yet, the client's listening stream among them. */
  open: number
  lastUsed: number
}

/** Calls `listener` once the answer is out, or its reader has gone. */
export type OnAnswered = (listener: () => void) => void

/**
 * The clients of protocols up to 2025-11-25 keep a session each. One that nobody uses for an hour ends, and when there are too
 * many the one that was idle longest; its client then starts anew, as the protocol says (404).
 */
export class Sessions implements AsyncDisposable {
  readonly #parts: McpParts
  readonly #sessions = new Map<string, Session>()

  constructor(parts: McpParts) {
    this.#parts = parts
  }

  async fetch(request: Request, onAnswered: OnAnswered): Promise<Response> {
    const id = request.headers.get('mcp-session-id')
    const session = id === null ? await this.#begin() : this.#sessions.get(id)
    if (session === undefined) return refusal('SESSION_NOT_FOUND', 'This session has ended.')
    session.open += 1
    onAnswered(() => {
      session.open -= 1
      session.lastUsed = Date.now()
    })
    const response = await session.transport.handleRequest(request)
    if (session.transport.sessionId === undefined) await session.transport.close() // it began nothing
    return response
  }

  get size(): number {
    return this.#sessions.size
  }

  /** Joins the others only when its first request turns out to be `initialize`. */
  async #begin(): Promise<Session> {
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      maxRequestBodySize: MAX_BODY,
      onsessioninitialized: (id) => this.#add(id, session),
    })
    const session: Session = { transport, open: 0, lastUsed: Date.now() }
    const server = mcpServer(this.#parts, new Connection(this.#parts.inboxes))
    await server.connect(transport)
    const { onclose } = transport
    transport.onclose = () => {
      onclose?.()
      if (transport.sessionId !== undefined) this.#sessions.delete(transport.sessionId)
    }
    return session
  }

  async #add(id: string, session: Session): Promise<void> {
    this.#sessions.set(id, session)
    const idle = [...this.#sessions.values()].filter((other) => other.open === 0).toSorted((a, b) => a.lastUsed - b.lastUsed)
    const expired = idle.filter(({ lastUsed }, index) => Date.now() - lastUsed > IDLE_MS || index < this.#sessions.size - MOST_SESSIONS)
    await Promise.all(expired.map(({ transport }) => transport.close()))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#sessions.values()].map(({ transport }) => transport.close()))
  }
}

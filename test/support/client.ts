import { Client, InMemoryTransport } from '@modelcontextprotocol/client'
import type { CallToolResult } from '@modelcontextprotocol/client'
import type { McpParts } from '../../src/mcp/parts.ts'
import { RESULT_KEY } from '../../src/mcp/render.ts'
import { serveOverStdio } from '../../src/mcp/stdio.ts'

/** legacy: initialize, as clients up to 2025-11-25; modern: 2026-07-28. */
export type Era = 'legacy' | 'modern'

export interface ConnectOptions {
  readonly era?: Era
  readonly name?: string
}

export interface Connected extends AsyncDisposable {
  readonly client: Client
  /** Calls a tool and gives what a model and a program see of the result, waiting for a minute if not said. */
  call(tool: string, args?: Record<string, unknown>, patience?: { readonly timeout: number }): Promise<Answer>
}

export interface Answer {
  readonly ok: boolean
  /** The first text block. */
  readonly text: string
  /** The envelope, from structuredContent or `_meta`. */
  readonly result: Readonly<Record<string, unknown>>
  readonly raw: CallToolResult
}

/** A real MCP client on the stdio door, with memory in place of the pipes. */
export async function connectTo(parts: McpParts, { era = 'modern', name = 'test-client' }: ConnectOptions = {}): Promise<Connected> {
  const [ours, theirs] = InMemoryTransport.createLinkedPair()
  const door = serveOverStdio(parts, theirs)
  const client = newClient(name, era)
  await client.connect(ours)
  return connected(client, () => door.close())
}

export const newClient = (name: string, era: Era): Client =>
  new Client({ name, version: '1.0.0' }, era === 'modern' ? { versionNegotiation: { mode: { pin: '2026-07-28' } } } : {})

export const connected = (client: Client, close: () => Promise<void>): Connected => ({
  client,
  call: async (tool, args = {}, patience) => answer(await client.callTool({ name: tool, arguments: args }, patience)),
  [Symbol.asyncDispose]: async () => {
    await client.close()
    await close()
  },
})

function answer(raw: CallToolResult): Answer {
  const [first] = raw.content
  const result = raw.structuredContent ?? raw._meta?.[RESULT_KEY]
  return { ok: raw.isError !== true, text: first?.type === 'text' ? first.text : '', result: result as Record<string, unknown>, raw }
}

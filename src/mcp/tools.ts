import { ProtocolError, ProtocolErrorCode, type Server } from '@modelcontextprotocol/server'
import { actorOf } from './actor.ts'
import { describeAll } from './descriptor.ts'
import type { McpParts } from './parts.ts'
import { progressOf } from './progress.ts'
import { render } from './render.ts'

/** tools/list and tools/call. A tool that this door does not show is a protocol error, as the specification wants it. */
export function serveTools(server: Server, { tools }: McpParts, session: string | undefined): void {
  server.setRequestHandler('tools/list', async () => ({ tools: await describeAll(tools.tools.values()) }))
  server.setRequestHandler('tools/call', async ({ params }, ctx) => {
    const outcome = await tools.invoke(params.name, params.arguments, {
      actor: actorOf(server, ctx, session),
      signal: ctx.mcpReq.signal,
      progress: progressOf(ctx),
    })
    if (!outcome.ok && outcome.envelope.error_code === 'UNKNOWN_TOOL')
      throw new ProtocolError(ProtocolErrorCode.InvalidParams, outcome.envelope.error, outcome.envelope)
    return render(outcome)
  })
}

import type { ServerContext } from '@modelcontextprotocol/server'
import type { ToolContext } from '../registry/tool.ts'

const MIN_INTERVAL_MS = 100

/** Tells the client how far a call is, if it asked: strictly rising, as the protocol demands, and at most ten times a second. */
export function progressOf({ mcpReq }: ServerContext): ToolContext['progress'] | undefined {
  const { progressToken } = mcpReq._meta ?? {}
  if (progressToken === undefined) return undefined
  let highest = -Infinity
  let last = -Infinity
  return (done, total, message) => {
    const now = performance.now()
    if (done <= highest || now - last < MIN_INTERVAL_MS) return
    highest = done
    last = now
    const params = { progressToken, progress: done, ...(total !== undefined && { total }), ...(message !== undefined && { message }) }
    mcpReq.notify({ method: 'notifications/progress', params }).catch(() => {}) // the client has gone; its call is aborted elsewhere
  }
}

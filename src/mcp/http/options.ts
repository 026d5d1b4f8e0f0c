import type { McpParts } from '../parts.ts'
import type { GuardOptions } from './guards.ts'

/** The largest request, in bytes. */
export const MAX_BODY = 4 * 1024 * 1024

export interface HttpOptions extends GuardOptions {
  readonly host: string
  /** 0: any that is free. */
  readonly port: number
  /** What stands at /mcp, or at /mcp/x/<toolset>; undefined if there is no such toolset. */
  readonly parts: (toolset: string | undefined) => McpParts | undefined
  /** Whether calls can succeed now, and what is in the way. */
  readonly ready: () => Promise<{ readonly ready: boolean; readonly [fact: string]: unknown }>
  readonly log: (message: string, error: unknown) => void
}

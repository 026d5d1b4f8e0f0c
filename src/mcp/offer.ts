import type { Tool as McpTool } from '@modelcontextprotocol/server'
import { describeAll } from './descriptor.ts'
import type { McpParts, Served } from './parts.ts'

/** What a client is told before its first call. It does not take a gateway that is open. */
export interface Offer {
  readonly served: readonly Served[]
  /** Of polymount itself. */
  readonly version: string
  /** Their names. */
  readonly tools: { has(name: string): boolean }
  list(): Promise<McpTool[]>
}

export const offerOf = ({ served, version, tools: { tools } }: McpParts): Offer => ({ served, version, tools, list: () => describeAll(tools.values()) })

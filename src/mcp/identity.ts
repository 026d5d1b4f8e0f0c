import type { Implementation, ServerCapabilities } from '@modelcontextprotocol/server'
import type { McpParts } from './parts.ts'

export const identity = ({ version }: Pick<McpParts, 'version'>): Implementation => ({ name: 'polymount', title: 'polymount', version })

export const CAPABILITIES = {
  tools: { listChanged: true },
  resources: { subscribe: true, listChanged: true },
  experimental: { directoryRead: {} },
} satisfies ServerCapabilities

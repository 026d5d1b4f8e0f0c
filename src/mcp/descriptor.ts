import { readFileSync } from 'node:fs'
import type { Tool as McpTool } from '@modelcontextprotocol/server'
import type { DeclaredTool } from '../registry/inventory.ts'
import { inputSchema, outputSchema } from '../registry/json-schema.ts'
import { CONTRACT_VERSION } from '../registry/tool.ts'

/** Of the tools that come with polymount, where it was built: see scripts/build/descriptors.ts. */
const BUILT = new URL('../../descriptors.json', import.meta.url)
let built: ReadonlyMap<string, McpTool> | undefined

/** All of them, as tools/list shows them. A name belongs to one tool only, so what was made at build time cannot be of another. */
export function describeAll(tools: Iterable<DeclaredTool>): McpTool[] {
  built ??= new Map(readBuilt().map((tool) => [tool.name, tool]))
  return Array.from(tools, (tool) => built?.get(tool.name) ?? describe(tool))
}

/** None in a source tree. */
function readBuilt(): McpTool[] {
  try {
    return JSON.parse(readFileSync(BUILT, 'utf8')) as McpTool[]
  } catch {
    return []
  }
}

const DESCRIBED = new WeakMap<DeclaredTool, McpTool>()

/** A tool as tools/list shows it. */
export function describe(tool: DeclaredTool): McpTool {
  const known = DESCRIBED.get(tool) ?? describeAnew(tool)
  DESCRIBED.set(tool, known)
  return known
}

/** A text-first tool promises no structured content: some hosts would show a model only that. */
const describeAnew = (tool: DeclaredTool): McpTool => ({
  name: tool.name,
  title: tool.title,
  description: tool.description,
  inputSchema: { ...inputSchema(tool.input), type: 'object' },
  ...(tool.text === undefined && { outputSchema: withStatus(outputSchema(tool.output)) }),
  annotations: {
    readOnlyHint: tool.effect === 'read',
    destructiveHint: tool.effect === 'destructive',
    idempotentHint: tool.idempotent ?? tool.effect === 'read',
    openWorldHint: tool.openWorld ?? false,
  },
  _meta: {
    'polymount/tool': { toolset: tool.toolset, version: tool.version ?? 1, contract: CONTRACT_VERSION },
    ...(tool.alwaysLoad === true && { 'anthropic/alwaysLoad': true }),
  },
})

const withStatus = ({ properties, required, ...rest }: Record<string, unknown>): NonNullable<McpTool['outputSchema']> => ({
  ...rest,
  type: 'object',
  properties: { status: { type: 'string', const: 'success' }, ...(properties as object | undefined) },
  required: ['status', ...((required as string[] | undefined) ?? [])],
})

import type { Tool as McpTool } from '@modelcontextprotocol/server'
import { type BuiltTool, builtTools } from '../registry/built.ts'
import type { DeclaredTool, Tool } from '../registry/inventory.ts'
import { inputSchema, outputSchema } from '../registry/json-schema.ts'
import { CONTRACT_VERSION } from '../registry/tool.ts'

/** All of them, as tools/list shows them. A name belongs to one tool only, so what was made at build time cannot be of another. */
export async function describeAll(tools: Iterable<Tool>): Promise<McpTool[]> {
  const built = new Map((await builtTools()).map((tool) => [tool.name, described(tool)]))
  return Promise.all(Array.from(tools, async (tool) => built.get(tool.name) ?? describe(await tool.load())))
}

/** The build wrote down what this file said of it. */
export const described = ({ descriptor }: BuiltTool): McpTool => descriptor as McpTool

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

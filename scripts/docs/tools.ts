import type { DeclaredTool } from '../../src/registry/inventory.ts'
import { inputSchema, type JsonSchema, outputSchema } from '../../src/registry/json-schema.ts'
import { tokensOf } from '../../src/registry/tokens.ts'
import { row, table } from './markdown.ts'

/** docs/tools.md: every tool by toolset. */
export function toolsPage(tools: readonly DeclaredTool[]): string {
  const byToolset = [...Map.groupBy(tools, ({ toolset }) => toolset)].toSorted(([a], [b]) => (a < b ? -1 : 1))
  const core = tools.filter((tool) => tool.core)
  return `# Tools

Made from the code by \`npm run docs\`. ${tools.length} tools. The default toolset \`core\` has ${core.length}: ${core.map(({ name }) => `\`${name}\``).join(', ')}.
Others by \`--toolsets ${byToolset.map(([name]) => name).join(',')}\`, or \`all\`.

A *text* tool answers with text written for a model, and the fields below in \`_meta["polymount/result"]\`; a *data* tool with the fields as
\`structuredContent\`, and the same JSON as text. How failures look: [errors.md](errors.md).

${byToolset.map(([name, members]) => `## ${name}\n\n${members.map(section).join('\n\n')}`).join('\n\n')}
`
}

function section(tool: DeclaredTool): string {
  const facts = [tool.text === undefined ? 'data' : 'text', tool.effect, ...(tool.core ? ['core'] : []), `${tokensOf(tool)} tokens`]
  const parts = [
    `### ${tool.name}`,
    `${tool.description} *(${facts.join(', ')})*`,
    ...fields('argument', inputSchema(tool.input)),
    ...fields('result', outputSchema(tool.output)),
  ]
  return parts.join('\n\n')
}

function fields(title: string, { properties = {}, required = [] }: JsonSchema): string[] {
  const needed = new Set(required as readonly string[])
  const rows = Object.entries(properties as Record<string, JsonSchema>).map(([name, schema]) =>
    row([needed.has(name) ? `**${name}**` : name, typeOf(schema), [schema['description'], defaultOf(schema)].filter(Boolean).join('; ')]),
  )
  return rows.length === 0 ? [] : [table([title, 'type', 'meaning'], rows)]
}

const defaultOf = (schema: JsonSchema): string => (schema['default'] === undefined ? '' : `default ${JSON.stringify(schema['default'])}`)

function typeOf({ type, enum: values, items, anyOf, format }: JsonSchema): string {
  if (Array.isArray(values)) return values.map((value) => JSON.stringify(value)).join(' or ')
  if (Array.isArray(anyOf)) return anyOf.map((one: JsonSchema) => typeOf(one)).join(' or ')
  if (type === 'array') return `${typeOf(items as JsonSchema)}[]`
  return typeof format === 'string' ? format : [(type as string | string[] | undefined) ?? 'any'].flat().join(' or ')
}

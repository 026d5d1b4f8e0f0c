import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { builtin, readModule, type ToolModule } from './discover.ts'
import type { BuiltModule, ToolFacts } from './inventory.ts'

/** One tool, as scripts/build/descriptors.ts writes it down. `descriptor` is what tools/list shows. */
export interface BuiltTool extends ToolFacts {
  readonly descriptor: Readonly<Record<string, unknown>>
}

const LIST = new URL('../../tools.json', import.meta.url)
const FOLDER = fileURLToPath(new URL('../../tools/', import.meta.url))

let list: Promise<readonly BuiltTool[]> | undefined

/** The tools that come with polymount, where it was built; none in a source tree. */
export function builtTools(): Promise<readonly BuiltTool[]> {
  list ??= readFile(LIST, 'utf8').then(
    (json) => JSON.parse(json) as BuiltTool[],
    () => [],
  )
  return list
}

/** The tools that come with polymount. */
export async function shipped(): Promise<readonly (ToolModule | BuiltModule)[]> {
  const tools = await builtTools()
  if (tools.length === 0) return builtin()
  return [...Map.groupBy(tools, ({ file }) => file)].map(([file, of]) => ({ tools: of, read: () => readModule(FOLDER, file) }))
}

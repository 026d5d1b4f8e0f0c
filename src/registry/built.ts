import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { builtin, readModule, type ToolModule } from './discover.ts'
import type { BuiltModule, ToolFacts } from './inventory.ts'
import { checkSelection, select, type Selection } from './select.ts'

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

/** What a view of the built tools alone will show; undefined in a source tree. Rejects CONFIG_INVALID for a name that is not there. */
export async function builtView(selection: Selection): Promise<ReadonlyMap<string, BuiltTool> | undefined> {
  const all = new Map((await builtTools()).map((tool) => [tool.name, tool]))
  if (all.size === 0) return undefined
  checkSelection(all, selection)
  return select(all, selection)
}

/** The tools that come with polymount. */
export async function shipped(): Promise<readonly (ToolModule | BuiltModule)[]> {
  const tools = await builtTools()
  if (tools.length === 0) return builtin()
  return [...Map.groupBy(tools, ({ file }) => file)].map(([file, of]) => ({ tools: of, read: () => readModule(FOLDER, file) }))
}

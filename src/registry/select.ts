import { VfsError } from '../core/error.ts'
import type { ToolFacts } from './inventory.ts'
import { nearest } from '../core/nearest.ts'

/** Which tools one door shows: the rest is not registered there at all. */
export interface Selection {
  /** `core`, `all`, or names of toolsets. */
  readonly toolsets: readonly string[]
  /** Single tools, beside the toolsets. */
  readonly tools?: readonly string[] | undefined
  readonly excludeTools?: readonly string[] | undefined
  /** Only tools that change nothing. */
  readonly readOnly?: boolean | undefined
}

/** Names that nothing has are passed over: a tool may go when its folder is read again. */
export function select<T extends ToolFacts>(
  all: ReadonlyMap<string, T>,
  { toolsets, tools = [], excludeTools = [], readOnly = false }: Selection,
): ReadonlyMap<string, T> {
  const wanted = (tool: ToolFacts): boolean =>
    (tools.includes(tool.name) || toolsets.some((toolset) => belongs(tool, toolset))) &&
    !excludeTools.includes(tool.name) &&
    (!readOnly || tool.effect === 'read')
  return new Map([...all].filter(([, tool]) => wanted(tool)))
}

/** Rejects CONFIG_INVALID for a name that no tool or toolset has. */
export function checkSelection(all: ReadonlyMap<string, ToolFacts>, { toolsets, tools = [], excludeTools = [] }: Selection): void {
  checkNames('toolset', toolsets, toolsetNames(all))
  checkNames('tool', [...tools, ...excludeTools], [...all.keys()])
}

export const toolsetNames = (all: ReadonlyMap<string, ToolFacts>): string[] => [...new Set(['all', 'core', ...[...all.values()].map((tool) => tool.toolset)])]

const belongs = (tool: ToolFacts, toolset: string): boolean => toolset === 'all' || (toolset === 'core' ? tool.core : tool.toolset === toolset)

function checkNames(what: string, names: readonly string[], known: readonly string[]): void {
  for (const name of names) {
    if (known.includes(name)) continue
    const near = nearest(name, known)
    const choice = near === undefined ? `there are ${known.join(', ')}` : `did you mean ${JSON.stringify(near)}?`
    throw new VfsError('CONFIG_INVALID', `there is no ${what} ${JSON.stringify(name)}; ${choice}`, { details: { nearest: near ?? null } })
  }
}

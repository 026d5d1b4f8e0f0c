import { VfsError } from '../core/error.ts'
import type { Tool } from './inventory.ts'
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

/** Rejects CONFIG_INVALID for a name that no tool or toolset has. */
export function select(all: ReadonlyMap<string, Tool>, selection: Selection): ReadonlyMap<string, Tool> {
  const { toolsets, tools = [], excludeTools = [], readOnly = false } = selection
  checkNames('toolset', toolsets, toolsetNames(all))
  checkNames('tool', [...tools, ...excludeTools], [...all.keys()])
  const wanted = (tool: Tool): boolean =>
    (tools.includes(tool.name) || toolsets.some((toolset) => belongs(tool, toolset))) &&
    !excludeTools.includes(tool.name) &&
    (!readOnly || tool.effect === 'read')
  return new Map([...all].filter(([, tool]) => wanted(tool)))
}

export const toolsetNames = (all: ReadonlyMap<string, Tool>): string[] => [...new Set(['all', 'core', ...[...all.values()].map((tool) => tool.toolset)])]

const belongs = (tool: Tool, toolset: string): boolean => toolset === 'all' || (toolset === 'core' ? tool.core === true : tool.toolset === toolset)

function checkNames(what: string, names: readonly string[], known: readonly string[]): void {
  for (const name of names) {
    if (known.includes(name)) continue
    const near = nearest(name, known)
    const choice = near === undefined ? `there are ${known.join(', ')}` : `did you mean ${JSON.stringify(near)}?`
    throw new VfsError('CONFIG_INVALID', `there is no ${what} ${JSON.stringify(name)}; ${choice}`, { details: { nearest: near ?? null } })
  }
}

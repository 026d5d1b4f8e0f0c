import { basename, dirname } from 'node:path'
import { VfsError } from '../core/error.ts'
import { checkTool, invalid } from './check.ts'
import type { ToolModule } from './discover.ts'
import { KIT } from './kit.ts'
import type { Services } from './services.ts'
import { type RegisteredTool, toolsOf } from './tool.ts'

/** A declared tool with the object that runs it. */
export interface Tool extends RegisteredTool {
  readonly toolset: string
  readonly file: string
  readonly instance: object
}

type ToolsetClass = (new (services: Services) => object) & { readonly toolset?: unknown }

/**
 * Builds the toolsets of modules, in the order of their names. A toolset's name is its class's static `toolset`, else the
 * folder of its file. Rejects TOOL_INVALID.
 */
export function inventory(modules: readonly ToolModule[], services: Services): ReadonlyMap<string, Tool> {
  const tools = modules.flatMap((module) => toolsIn(module, services))
  const byName = new Map<string, Tool>()
  for (const tool of tools.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const other = byName.get(tool.name)
    if (other !== undefined) throw invalid(tool.file, `tool ${JSON.stringify(tool.name)} is declared in ${other.file} too`, tool.name)
    byName.set(tool.name, tool)
  }
  return byName
}

function toolsIn(module: ToolModule, services: Services): Tool[] {
  const { file } = module
  const classes = exported(module).filter(isToolset)
  if (classes.length === 0) throw invalid(file, 'exports no class with @tool methods (were decorators compiled?)')
  return classes.flatMap((type) => {
    const toolset = toolsetOf(type, file)
    const instance = new type(services)
    return toolsOf(type).map((spec) => {
      checkTool(spec, file)
      return Object.assign({ toolset, file, instance }, spec)
    })
  })
}

/** What a file exports, and what its default export makes of the kit if it is a function (see ToolKit). */
function exported({ file, exports }: ToolModule): unknown[] {
  const make = exports['default']
  if (typeof make !== 'function' || isToolset(make)) return Object.values(exports)
  try {
    return [make(KIT)].flat()
  } catch (cause) {
    throw new VfsError('TOOL_INVALID', `${file}: its default export failed: ${String(cause)}`, { cause, details: { file } })
  }
}

const isToolset = (value: unknown): value is ToolsetClass => typeof value === 'function' && toolsOf(value as ToolsetClass).length > 0

function toolsetOf({ name, toolset }: ToolsetClass, file: string): string {
  const found = toolset ?? basename(dirname(file))
  if (typeof found === 'string' && /^[a-z][a-z0-9_]*$/.test(found)) return found
  throw invalid(file, `class ${name} needs a static "toolset", or a folder that names it`)
}

import { basename, dirname } from 'node:path'
import { VfsError } from '../core/error.ts'
import { checkTool, invalid } from './check.ts'
import type { ToolModule } from './discover.ts'
import { KIT } from './kit.ts'
import type { Services } from './services.ts'
import { type RegisteredTool, toolsOf } from './tool.ts'

/** A tool as a class declares it. */
export interface DeclaredTool extends RegisteredTool {
  readonly toolset: string
  readonly file: string
}

/** A declared tool with the object that runs it. */
export interface LoadedTool extends DeclaredTool {
  readonly instance: object
}

/** What is known of a tool before its code is. */
export type ToolFacts = Required<Pick<DeclaredTool, 'name' | 'title' | 'effect' | 'core' | 'needs' | 'toolset' | 'file'>>

/** A tool of a registry: enough to choose and list it. Rejects TOOL_INVALID if its code cannot be loaded. */
export interface Tool extends ToolFacts {
  load(): Promise<LoadedTool>
}

/** A file of tools of which the build wrote down what it declares, so that its code can wait for the first call. */
export interface BuiltModule {
  readonly tools: readonly ToolFacts[]
  readonly read: () => Promise<ToolModule>
}

interface Toolset {
  readonly file: string
  readonly type: ToolsetClass
  readonly tools: readonly DeclaredTool[]
}

type ToolsetClass = (new (services: Services) => object) & { readonly toolset?: unknown }

/** Every tool by name, in the order of their names. Rejects TOOL_INVALID. */
export const inventory = (modules: readonly (ToolModule | BuiltModule)[], services: Services): ReadonlyMap<string, Tool> =>
  byName(modules.flatMap((module) => ('exports' in module ? loadedNow(module, services) : loadedLater(module, services))))

const loadedNow = (module: ToolModule, services: Services): Tool[] =>
  toolsIn(module, services).map((loaded) => ({ ...factsOf(loaded), load: async () => loaded }))

function loadedLater({ tools, read }: BuiltModule, services: Services): Tool[] {
  let loading: Promise<readonly LoadedTool[]> | undefined
  const loaded = (): Promise<readonly LoadedTool[]> => (loading ??= read().then((module) => toolsIn(module, services)))
  return tools.map((facts) => ({ ...facts, load: async () => named(facts, await loaded()) }))
}

function named({ name, file }: ToolFacts, among: readonly LoadedTool[]): LoadedTool {
  const found = among.find((tool) => tool.name === name)
  if (!found) throw invalid(file, `tool ${JSON.stringify(name)} is no longer there; was polymount replaced while it runs?`, name)
  return found
}

export const factsOf = ({ name, title, effect, core = false, needs = [], toolset, file }: DeclaredTool): ToolFacts => ({
  name,
  title,
  effect,
  core,
  needs,
  toolset,
  file,
})

/** Builds the toolsets of a file. */
const toolsIn = (module: ToolModule, services: Services): LoadedTool[] =>
  toolsetsIn(module).flatMap(({ file, type, tools }) => {
    const instance = made(type, services, file)
    return tools.map((tool) => Object.assign({ instance }, tool))
  })

/** The same of what is declared, for those who only want to know. */
export const declarations = (modules: readonly ToolModule[]): ReadonlyMap<string, DeclaredTool> =>
  byName(modules.flatMap(toolsetsIn).flatMap(({ tools }) => tools))

function byName<T extends Pick<ToolFacts, 'name' | 'file'>>(tools: readonly T[]): ReadonlyMap<string, T> {
  const found = new Map<string, T>()
  for (const tool of tools.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const other = found.get(tool.name)
    if (other !== undefined) throw invalid(tool.file, `tool ${JSON.stringify(tool.name)} is declared in ${other.file} too`, tool.name)
    found.set(tool.name, tool)
  }
  return found
}

function toolsetsIn(module: ToolModule): Toolset[] {
  const { file } = module
  const classes = exported(module).filter(isToolset)
  if (classes.length === 0) throw invalid(file, 'exports no class with @tool methods (were decorators compiled?)')
  return classes.map((type) => {
    const toolset = toolsetOf(type, file)
    const specs = toolsOf(type)
    specs.forEach((spec) => checkTool(spec, file))
    return { file, type, tools: specs.map((spec) => Object.assign({ toolset, file }, spec)) }
  })
}

/** What a file exports, and what its default export makes of the kit if it is a function (see KIT). */
function exported({ file, exports }: ToolModule): unknown[] {
  const make = exports['default']
  if (typeof make !== 'function' || isToolset(make)) return Object.values(exports)
  return naming(file, 'its default export failed', () => [make(KIT)].flat())
}

const made = (type: ToolsetClass, services: Services, file: string): object => naming(file, `class ${type.name} cannot be made`, () => new type(services))

/** What a file's own code throws is told with its name. */
function naming<T>(file: string, what: string, run: () => T): T {
  try {
    return run()
  } catch (cause) {
    throw new VfsError('TOOL_INVALID', `${file}: ${what}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause, details: { file } })
  }
}

const isToolset = (value: unknown): value is ToolsetClass => typeof value === 'function' && toolsOf(value as ToolsetClass).length > 0

/** A toolset's name is its class's static `toolset`, else the folder of its file. */
function toolsetOf({ name, toolset }: ToolsetClass, file: string): string {
  const found = toolset ?? basename(dirname(file))
  if (typeof found === 'string' && /^[a-z][a-z0-9_]*$/.test(found)) return found
  throw invalid(file, `class ${name} needs a static "toolset", or a folder that names it`)
}

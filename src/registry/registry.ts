import type { EventBus } from '../core/events.ts'
import { VfsError } from '../core/error.ts'
import { discover, type ToolModule } from './discover.ts'
import { failure, type Outcome } from './envelope.ts'
import { type BuiltModule, inventory, type Tool } from './inventory.ts'
import { type Invocation, type InvokeServices, run } from './invoke.ts'
import { nearest } from '../core/nearest.ts'
import { checkSelection, select, type Selection } from './select.ts'
import type { Services } from './services.ts'
import { Statistics, type ToolStatistics } from './statistics.ts'

export interface RegistryOptions extends InvokeServices {
  readonly services: Services
  /** The tools that come with polymount. */
  readonly builtin: readonly (ToolModule | BuiltModule)[]
  /** Folders of the user's own tools. */
  readonly paths?: readonly string[] | undefined
  readonly events: EventBus
}

/** Every tool of one gateway, and the one way to call them. */
export class Registry implements AsyncDisposable {
  readonly #options: RegistryOptions
  readonly #statistics = new Statistics()
  #tools: ReadonlyMap<string, Tool> = new Map()
  readonly #running = new Set<Promise<Outcome>>()
  #generation = 0

  private constructor(options: RegistryOptions) {
    this.#options = options
  }

  /** Rejects TOOL_INVALID, naming the file. */
  static async open(options: RegistryOptions): Promise<Registry> {
    const registry = new Registry(options)
    await registry.#load()
    return registry
  }

  get tools(): ReadonlyMap<string, Tool> {
    return this.#tools
  }

  /** The tools behind one door; follows reloads. Rejects CONFIG_INVALID at once for a name that is not there. */
  view(selection: Selection): ToolView {
    checkSelection(this.#tools, selection)
    return new ToolView(this, selection)
  }

  /** Never rejects. `among` is what the caller may see: any other tool does not exist for it. */
  async invoke(name: string, args: unknown, call: Invocation, among: ReadonlyMap<string, Tool> = this.#tools): Promise<Outcome> {
    const tool = among.get(name)
    if (tool === undefined) return { ok: false, envelope: failure(name.slice(0, 64), unknownTool(name, among)) }
    const start = performance.now()
    const running = run(tool, args, call, this.#options)
    this.#running.add(running)
    const outcome = await running.finally(() => this.#running.delete(running))
    this.#statistics.record(name, performance.now() - start, outcome.ok ? undefined : outcome.envelope.error_code)
    return outcome
  }

  /** Resolves when no call runs any more: what they use can be closed then. It stops none; their callers do. */
  async [Symbol.asyncDispose](): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running)
  }

  statistics(): ToolStatistics[] {
    return this.#statistics.snapshot()
  }

  /** Reads the user's folders again and tells everybody. If a file breaks a rule it rejects TOOL_INVALID and nothing changes. */
  async reload(): Promise<void> {
    await this.#load()
    this.#options.events.emit('tools')
  }

  async #load(): Promise<void> {
    const { builtin, paths = [], services } = this.#options
    const own = await Promise.all(paths.map((path) => discover(path, this.#generation)))
    this.#tools = inventory([...builtin, ...own.flat()], services)
    this.#generation += 1
  }
}

/** What one door shows of a registry. */
export class ToolView {
  readonly #registry: Registry
  readonly #selection: Selection
  #of: ReadonlyMap<string, Tool> | undefined
  #tools: ReadonlyMap<string, Tool> = new Map()

  constructor(registry: Registry, selection: Selection) {
    this.#registry = registry
    this.#selection = selection
  }

  get tools(): ReadonlyMap<string, Tool> {
    if (this.#of !== this.#registry.tools) {
      this.#tools = select(this.#registry.tools, this.#selection)
      this.#of = this.#registry.tools
    }
    return this.#tools
  }

  invoke(name: string, args: unknown, call: Invocation): Promise<Outcome> {
    return this.#registry.invoke(name, args, call, this.tools)
  }
}

function unknownTool(given: string, among: ReadonlyMap<string, Tool>): VfsError {
  const name = given.toWellFormed().slice(0, 64)
  const near = nearest(name, among.keys())
  const choice = near === undefined ? '' : `; did you mean ${near}?`
  return new VfsError('UNKNOWN_TOOL', `there is no tool ${JSON.stringify(name)}${choice}`, { details: { nearest: near ?? null } })
}

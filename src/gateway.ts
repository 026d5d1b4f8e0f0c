import type { ZodObject } from 'zod'
import { type BackendParts, BACKENDS } from '../backends/all.ts'
import { Clusters, type ConfiguredCluster } from './cluster/clusters.ts'
import { prepareDataFolder } from './config/folder.ts'
import type { ServedFolder } from './config/folders.ts'
import { type PlannedMount, plannedMounts } from './config/mounts.ts'
import { type Config, configSchema } from './config/schema.ts'
import { Secrets } from './config/secrets.ts'
import type { Collected, CollectOptions } from './content/collect/types.ts'
import { type LocalContent, openContentStore } from './content/store.ts'
import type { Call } from './core/backend.ts'
import { isCode, VfsError } from './core/error.ts'
import { EventBus } from './core/events.ts'
import { vfsPath } from './core/path.ts'
import { VERSION } from './core/version.ts'
import { openEngine } from './engines/engine.ts'
import { LazyServices } from './engines/services.ts'
import type { Engine } from './engines/types.ts'
import { embeddedRoots } from './ipfs/embedded/roots.ts'
import { Inboxes } from './ipfs/inboxes.ts'
import { treeRoots } from './ipfs/tree/store.ts'
import type { CollectedRepository } from './ipfs/kubo/index.ts'
import type { IpfsNode } from './ipfs/types.ts'
import { openJournal } from './journal/open.ts'
import type { Journal } from './journal/types.ts'
import { UnavailableBackend } from './layers/unavailable.ts'
import { described } from './mcp/descriptor.ts'
import type { Offer } from './mcp/offer.ts'
import type { McpParts } from './mcp/parts.ts'
import { builtView, shipped } from './registry/built.ts'
import { Registry, type ToolView } from './registry/registry.ts'
import { type Selection, toolsetNames } from './registry/select.ts'
import { retrieving } from './retrieval/index.ts'
import type { Retrieval } from './retrieval/types.ts'
import { Search } from './search/search.ts'
import { OpenStorages } from './storages/storages.ts'
import type { Storages } from './storages/types.ts'
import { FolderSync } from './sync/sync.ts'
import { MountTable } from './vfs/mounts.ts'
import { Policy, type Rules } from './vfs/policy.ts'
import { Remounts } from './vfs/remount.ts'
import { letGo, type LetGo, type LettingGo } from './vfs/retention.ts'
import { Settling } from './vfs/settling.ts'
import type { Vfs } from './vfs/types.ts'
import { MountedVfs } from './vfs/vfs.ts'

const types = Object.entries(BACKENDS)

/** Of the configuration, with the options of every type of backend that there is. */
export const schema = configSchema(
  BACKENDS,
  types.filter(([, { forAgents }]) => forAgents).map(([type]) => type),
)

/** Every type of storage. */
export const TYPES: readonly string[] = Object.keys(BACKENDS)

/** What a storage of a type takes; undefined if there is no such type. */
export const optionsOf = (type: string): ZodObject | undefined => (Object.hasOwn(BACKENDS, type) ? BACKENDS[type]?.options : undefined)

export interface GatewayOptions {
  /** The folders of the command line. */
  readonly served: readonly ServedFolder[]
  readonly home: string
  /** Where `env:` references of the configuration lead. */
  readonly env: NodeJS.ProcessEnv
  /** Real paths of this machine that no agent may reach; see guardedPaths. */
  readonly guarded: readonly string[]
  /** Gets what no client may see. */
  readonly log: (message: string, error: unknown) => void
}

interface Parts extends GatewayOptions {
  readonly config: Config
  readonly content: LocalContent
  readonly journal: Journal
  readonly table: MountTable
  readonly vfs: Vfs
  readonly engine: Engine
  readonly inboxes: Inboxes
  readonly retrieval: Retrieval
  readonly storages: Storages
  readonly events: EventBus
  readonly registry: Registry
}

/** Everything put together from one configuration. */
export class Gateway implements AsyncDisposable {
  readonly config: Config
  readonly served: readonly ServedFolder[]
  readonly journal: Journal
  readonly vfs: Vfs
  readonly ipfs: IpfsNode
  readonly retrieval: Retrieval
  readonly storages: Storages
  readonly registry: Registry
  readonly #parts: Parts
  readonly #closing: AsyncDisposable

  constructor(parts: Parts, closing: AsyncDisposable) {
    this.config = parts.config
    this.served = parts.served
    this.journal = parts.journal
    this.vfs = parts.vfs
    this.ipfs = parts.engine.node
    this.retrieval = parts.retrieval
    this.storages = parts.storages
    this.registry = parts.registry
    this.#parts = parts
    this.#closing = closing
  }

  /** What the configuration offers to clients. */
  get tools(): ToolView {
    return this.registry.view(selectionOf(this.config))
  }

  /** The tools of one toolset; undefined if there is none of that name. */
  toolset(name: string): ToolView | undefined {
    if (!toolsetNames(this.registry.tools).includes(name)) return undefined
    return this.registry.view({ toolsets: [name], excludeTools: this.config.tools.exclude, readOnly: this.config.read_only })
  }

  /** What a person should know beside what the mounts tell. */
  notes(): Promise<readonly string[]> {
    return this.#parts.engine.notes()
  }

  /** What a door for MCP clients needs to show these tools. */
  mcp(tools: ToolView = this.tools): McpParts {
    const { vfs, inboxes, events, served, log } = this.#parts
    return { tools, vfs, inboxes, events, served, log, version: VERSION }
  }

  /** Lets go what nobody will take back, then frees the blocks of the content store that nothing needs (journal.md, 18-20), while this gateway and others go on. */
  async collect(options: CollectOptions & LettingGo = {}): Promise<Collected & { readonly letGo: LetGo }> {
    const { content, journal, config, table } = this.#parts
    const gone = await letGo(journal, table, options)
    if (options.dryRun !== true) await journal.trim()
    const collected = await content.collect(async function* () {
      yield* embeddedRoots(config.data_dir, content)
      yield* await treeRoots(config.data_dir)
      for (const cid of journal.kept(options.before)) yield { cid, reason: 'version', recursive: true } // after the tree, whose replaced files go there
    }, options)
    return { ...collected, letGo: gone }
  }

  /** The same in the repository of the daemon that serves; undefined if none does. Rejects UNSUPPORTED for one that is not ours. */
  async collectDaemon(options?: CollectOptions): Promise<CollectedRepository | undefined> {
    return this.#parts.engine.collect?.(options)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#closing[Symbol.asyncDispose]()
  }
}

const selectionOf = ({ toolsets, tools, read_only }: Config): Selection => ({
  toolsets,
  tools: tools.include,
  excludeTools: tools.exclude,
  readOnly: read_only,
})

/** What the gateway of a configuration will offer, known before it is open; undefined where code has to be loaded to know it. Rejects CONFIG_INVALID. */
export async function earlyOffer(config: Config, served: readonly ServedFolder[]): Promise<Offer | undefined> {
  const tools = config.tools.paths.length === 0 ? await builtView(selectionOf(config)) : undefined
  return tools && { served, version: VERSION, tools, list: async () => Array.from(tools.values(), described) }
}

/** Rejects with a code of category startup; what was opened by then is closed. */
export async function openGateway(config: Config, options: GatewayOptions): Promise<Gateway> {
  await prepareDataFolder(config.data_dir)
  const closing = new Closing()
  try {
    return new Gateway(await compose(config, options, closing), closing)
  } catch (error) {
    await closing[Symbol.asyncDispose]()
    throw error
  }
}

/** What was opened is closed in the opposite order. */
class Closing implements AsyncDisposable {
  readonly #opened: AsyncDisposable[] = []

  use<T extends AsyncDisposable>(opened: T): T {
    this.#opened.push(opened)
    return opened
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (let next = this.#opened.pop(); next; next = this.#opened.pop()) await next[Symbol.asyncDispose]()
  }
}

async function compose(config: Config, options: GatewayOptions, closing: Closing): Promise<Parts> {
  const { served, home, env, log } = options
  const folder = config.data_dir
  const secrets = new Secrets(config.secrets, env)
  const plan = plannedMounts(config, served, TYPES)
  const table = new MountTable()
  const events = new EventBus()
  events.on('storage', ({ volume, reason, since }) => log(`${volume}: ${reason}`, since))
  const content = closing.use(await openContentStore({ folder }))
  const services = closing.use(new LazyServices(config, { env, events, log }))
  const engine = closing.use(await openEngine(config, { content, services, env, home, log }))
  const ipfs = engine.node
  const journal = closing.use(await openJournal({ folder, volumes: table, versions: content, takeBack: (change) => vfs.takeBack(change) }))
  const secret: BackendParts['secret'] = (reference, endpoint) => secrets.resolve(reference, endpoint)
  const service: BackendParts['service'] = async (name, call) => (await services.get()).endpoint(name, call)
  const parts: BackendParts = { dataFolder: folder, readOnly: config.read_only, content, ipfs, secret, service, alerted: alerting(events) }
  const backends = closing.use(new OpenStorages({ config, types: BACKENDS, parts, served: served.map(({ path }) => path) }))
  const late = await mountAll(plan, table, backends)
  const policy = policyOf({ deny: config.deny, guarded: table.facesOfFiles(options.guarded), readOnly: config.read_only })
  const vfs: MountedVfs = closing.use(new MountedVfs({ table, events, journal, versions: content, policy }))
  await closing.use(new Settling({ journal, events, failed: (error) => log('recovery', error) })).begin()
  const remounts = closing.use(new Remounts(table, events))
  for (const each of late) remounts.watch(() => backends.mounted(each))
  const inboxes = closing.use(new Inboxes(ipfs.pubsub, (topic) => events.emit('message', { topic })))
  const retrieval = retrievalOf(config, ipfs, services)
  const clusters = new Clusters(clustersOf(config), secret)
  const search = closing.use(new Search())
  const sync = closing.use(new FolderSync({ folder, vfs, node: ipfs }))
  const registry = await Registry.open({
    services: { vfs, content, ipfs, clusters, inboxes, retrieval, search, sync, backends, notes: () => engine.notes() },
    builtin: await shipped(),
    paths: config.tools.paths,
    events,
    around: { served: served.map(({ path }) => path), home, mountOf: async (path) => table.find(vfsPath(path))?.path },
    absent: (need) => (need === 'ipfs' ? engine.absence() : need === 'cluster' ? clusters.absence() : undefined),
    log,
  })
  return { ...options, config, content, journal, table, vfs, engine, inboxes, retrieval, storages: backends, events, registry: closing.use(registry) }
}

function policyOf(rules: Rules): Policy {
  try {
    return new Policy(rules)
  } catch (error) {
    if (!isCode(error, 'INVALID_PATTERN')) throw error
    throw new VfsError('CONFIG_INVALID', `deny: ${error.message}`, { op: 'config', cause: error, hint: error.hint })
  }
}

/** What a storage says of its peers. A client finds it in the notes of its mount. */
const alerting =
  (events: EventBus): BackendParts['alerted'] =>
  (volume, { peer, name: metric, triggered_at: since }) =>
    void events.emit('storage', { volume, reason: `the peer ${peer} has not told its ${metric} in time`, since })

const clustersOf = ({ backends }: Config): ConfiguredCluster[] =>
  Object.entries(backends).flatMap(([name, { type, options }]) => (type === 'cluster' ? [{ name, options }] : []))

function retrievalOf({ ipfs: { network }, lassie }: Config, node: IpfsNode, services: LazyServices): Retrieval {
  const daemon = async (call?: Call): Promise<string> => (await (await services.get()).endpoint('lassie', call)).url
  return retrieving({ node, network, privateAddresses: lassie.private_addresses, daemon: lassie.daemon ? daemon : undefined })
}

/** Mounts all that is planned; what is to be tried again is given back. */
async function mountAll(plan: readonly PlannedMount[], table: MountTable, backends: OpenStorages<BackendParts>): Promise<PlannedMount[]> {
  const specs = await Promise.all(plan.map((each) => backends.mountedSoon(each)))
  for (const spec of specs) table.add(spec)
  return plan.filter((_, i) => specs[i]?.backend instanceof UnavailableBackend)
}

import type { Config } from '../config/schema.ts'
import { resolveSecret } from '../config/secret.ts'
import type { LocalContent } from '../content/store.ts'
import type { EventBus } from '../core/events.ts'
import { embeddedNode } from '../ipfs/embedded/index.ts'
import type { Endpoint } from '../ipfs/kubo/endpoint.ts'
import type { IpfsNode } from '../ipfs/types.ts'
import type { Services } from '../services/types.ts'

export interface EngineParts {
  readonly content: LocalContent
  readonly env: NodeJS.ProcessEnv
  readonly events: EventBus
  readonly log: (message: string, error: unknown) => void
}

/** The IPFS node that the configuration names, and what runs beside it. */
export interface Engine extends AsyncDisposable {
  readonly node: IpfsNode
  /** Why calls would be refused now; undefined if they would not. */
  absence(): string | undefined
}

/** Nothing is asked of a daemon, and none is started, before the first call. */
export async function openEngine(config: Config, parts: EngineParts): Promise<Engine> {
  const { engine, authorization: reference } = config.ipfs
  if (engine === 'embedded') return embedded(config, parts)
  if (engine === 'kubo') return supervised(config, parts)
  const authorization = reference === undefined ? undefined : await resolveSecret(reference, parts.env)
  return alone(await kubo(config, async () => ({ url: engine, authorization }), new URL(engine).origin))
}

const embedded = async ({ data_dir: folder, ipfs: { network, peering } }: Config, { content }: EngineParts): Promise<Engine> =>
  alone(await embeddedNode({ content, folder, network, peering }))

/** The node in this process takes over only at the start, and only if a person wants that: its pins and files are other ones. */
async function supervised(config: Config, parts: EngineParts): Promise<Engine> {
  const services = await supervisor(config, parts)
  const { repo } = config.ipfs.kubo
  const node = await kubo(config, (call) => services.endpoint(KUBO, call), repo === undefined ? KUBO : `${KUBO}:${repo}`)
  const engine = withServices(node, services)
  if (config.ipfs.fallback === 'none') return engine
  try {
    await services.endpoint(KUBO)
    return engine
  } catch (error) {
    parts.log('Kubo could not be started; the embedded IPFS node serves instead, with pins and files of its own', error)
    await engine[Symbol.asyncDispose]()
    return embedded(config, parts)
  }
}

async function supervisor(config: Config, { env, events, log }: EngineParts): Promise<Services> {
  const [{ Supervisor }, { serviceSpecs }] = await Promise.all([import('../services/supervisor.ts'), import('./specs.ts')])
  return Supervisor.open({ folder: config.data_dir, specs: serviceSpecs(config, env), events, log })
}

async function kubo({ data_dir: folder, ipfs: { network } }: Config, endpoint: Endpoint, repository: string): Promise<IpfsNode> {
  const { kuboNode } = await import('../ipfs/kubo/index.ts')
  return kuboNode({ endpoint, folder, network, repository })
}

const alone = (node: IpfsNode): Engine => ({ node, absence: () => undefined, [Symbol.asyncDispose]: () => node[Symbol.asyncDispose]() })

const withServices = (node: IpfsNode, services: Services): Engine => ({
  node,
  absence: () => services.absence(KUBO),
  [Symbol.asyncDispose]: async () => {
    await node[Symbol.asyncDispose]()
    await services[Symbol.asyncDispose]()
  },
})

const KUBO = 'kubo'

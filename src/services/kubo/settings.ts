/** off: no traffic; client: fetches and listens nowhere; node: listens, provides and answers. */
export type Network = 'off' | 'client' | 'node'

/** A repository's configuration, as Kubo writes it. */
export type KuboConfig = Readonly<Record<string, unknown>>

/** Whom the daemon knows; what is absent is the public network. */
export interface Peering {
  readonly listen?: readonly string[]
  /** With their ids. */
  readonly peers?: readonly string[]
  readonly routers?: readonly string[]
}

export interface OwnSettings {
  readonly network: Network
  readonly peering: Peering
  readonly ports: Readonly<Record<string, number>>
  readonly secret: string
}

export const PORTS = ['api', 'gateway', 'swarm'] as const

/** The configuration of a repository of our own: what we decide over what is there. */
export const configured = (config: KuboConfig, settings: OwnSettings): KuboConfig => merged(config, ours(settings, config))

const ours = ({ network, peering, ports, secret }: OwnSettings, config: KuboConfig): KuboConfig => ({
  ...known(network, peering),
  ...manners(network === 'node'),
  Addresses: {
    API: loopback(ports['api']),
    Gateway: loopback(ports['gateway']),
    Swarm: network === 'node' ? (peering.listen ?? listening(ports['swarm'])) : [],
  },
  // Whoever else runs on this machine can reach the port, and the RPC may do everything.
  API: { Authorizations: { polymount: { AuthSecret: `bearer:${secret}`, AllowedPaths: ['/api/v0'] } } },
  Gateway: { ExposeRoutingAPI: false },
  Pubsub: { Enabled: true },
  Datastore: { Spec: durable(config) },
  Version: { SwarmCheckEnabled: false },
})

/** How it behaves towards others. */
const manners = (node: boolean): KuboConfig => ({
  Discovery: { MDNS: { Enabled: node } },
  Swarm: { DisableNatPortMap: !node, RelayClient: { Enabled: node }, RelayService: { Enabled: false } },
  AutoTLS: { Enabled: node },
  Provide: { Enabled: node, Strategy: 'pinned+mfs' },
  Bitswap: { ServerEnabled: node },
})

const ROUTING = { off: 'none', client: 'autoclient', node: 'auto' } as const

/** Whom it knows. `auto` is fetched from a server of the IPFS project. */
function known(network: Network, { peers, routers }: Peering): KuboConfig {
  const online = network !== 'off'
  const isPublic = online && !(peers && routers)
  const on = (values: readonly unknown[]): readonly unknown[] => (online ? values : [])
  return {
    AutoConf: { Enabled: isPublic },
    Bootstrap: on(peers ?? ['auto']),
    Peering: { Peers: on((peers ?? []).map(peerOf)) },
    DNS: { Resolvers: isPublic ? { '.': 'auto' } : {} },
    Ipns: { DelegatedPublishers: on(routers ? [] : ['auto']) },
    Routing: { Type: ROUTING[network], DelegatedRouters: on(routers ?? ['auto']) },
  }
}

/** Peers that it stays connected to. */
const peerOf = (address: string): { readonly ID: string; readonly Addrs: readonly string[] } => {
  const [at = '', id = ''] = address.split('/p2p/')
  return { ID: id, Addrs: [at] }
}

const loopback = (port: number | undefined): string => `/ip4/127.0.0.1/tcp/${port}`

const listening = (port: number | undefined): string[] => ['/ip4/0.0.0.0', '/ip6/::'].flatMap((host) => [`${host}/tcp/${port}`, `${host}/udp/${port}/quic-v1`])

/** Blocks reach the disk before they are acknowledged, as in our own store. It is no part of what a datastore is known by. */
function durable(config: KuboConfig): unknown {
  const spec = at(config, 'Datastore', 'Spec')
  const mounts = at(spec, 'mounts')
  if (!Array.isArray(mounts)) return spec
  return merged(spec, {
    mounts: mounts.map((mount: unknown) => (Object.hasOwn(Object(at(mount, 'child') ?? mount), 'sync') ? merged(mount, { sync: true }) : mount)),
  })
}

const at = (value: unknown, ...[key, ...rest]: readonly string[]): unknown =>
  key === undefined ? value : at(isRecord(value) ? value[key] : undefined, ...rest)

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)

/** A map of resolvers is replaced whole; other objects key by key. */
function merged(base: unknown, over: KuboConfig): KuboConfig {
  const result: Record<string, unknown> = isRecord(base) ? { ...base } : {}
  for (const [key, value] of Object.entries(over)) result[key] = isRecord(value) && key !== 'Resolvers' ? merged(result[key], value) : value
  return result
}

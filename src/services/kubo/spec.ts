import { join } from 'node:path'
import type { Call } from '../../core/backend.ts'
import type { Endpoint, Foreign, Launch, ServiceSpec, Setting } from '../types.ts'
import { apiOf, ask } from './api.ts'
import { unusable } from '../executable.ts'
import { findBinary } from './binary.ts'
import { environment } from './environment.ts'
import { hasConfig, prepareOwn, readConfig } from './repository.ts'
import { type Network, type OwnSettings, type Peering, PORTS } from './settings.ts'
import { askVersion, warningOf } from './version.ts'

export interface KuboOptions {
  readonly network: Network
  readonly peering?: Peering | undefined
  readonly binary?: string | undefined
  /** A repository of the user's: nothing in it is changed. */
  readonly repo?: string | undefined
  readonly memoryLimitMb?: number | undefined
  readonly env: NodeJS.ProcessEnv
}

/** The IPFS daemon Kubo. */
export function kuboSpec({ network, peering = {}, binary, repo, memoryLimitMb, env }: KuboOptions): ServiceSpec {
  const common = {
    name: 'kubo',
    dependsOn: [],
    settings: JSON.stringify({ network, peering, binary, repo, named: env['KUBO_BINARY'] }),
    ready: /^Daemon is ready$/,
    startMs: 60_000,
    longestStartMs: 60 * 60_000,
    stop: { signal: 'SIGTERM', graceMs: 10_000 },
    memoryLimit: memoryLimitMb === undefined ? undefined : memoryLimitMb * 2 ** 20,
    health: async (endpoint: Endpoint, call: Call) => void (await ask(endpoint, 'id', call)),
  } as const
  const launch = async (path: string, args: readonly string[], call: Call): Promise<Launch> => {
    const found = await findBinary({ binary, env }, call)
    const offline = network === 'off' ? ['--offline'] : []
    return {
      command: found.path,
      args: ['daemon', ...args, ...offline],
      env: environment(env, path),
      notes: found.warning === undefined ? [] : [found.warning],
    }
  }
  return repo === undefined ? { ...common, ...own({ network, peering }, launch, env) } : { ...common, ...adopted(repo, launch) }
}

type LaunchIn = (repo: string, args: readonly string[], call: Call) => Promise<Launch>
type Ways = Pick<ServiceSpec, 'ports' | 'prepare' | 'url' | 'authorization' | 'foreign'>

/** A repository in the data folder, which we make and configure. */
const own = (reach: Pick<OwnSettings, 'network' | 'peering'>, launch: LaunchIn, env: NodeJS.ProcessEnv): Ways => ({
  ports: PORTS,
  prepare: async ({ folder, ports, secret }: Setting, call: Call) => {
    const repo = join(folder, 'repo')
    const launched = await launch(repo, ['--migrate=true'], call)
    await prepareOwn(repo, launched.command, { ...reach, ports, secret }, environment(env, repo), call)
    return launched
  },
  url: async ({ ports }) => `http://127.0.0.1:${ports['api']}`,
  authorization: (secret) => `Bearer ${secret}`,
})

/** The user's, with its own configuration; a daemon that already runs on it is used. */
const adopted = (repo: string, launch: LaunchIn): Ways => ({
  ports: [],
  foreign: (call) => runningOn(repo, call),
  prepare: async (_, call) => {
    if (!(await hasConfig(repo))) throw unusable(`there is no repository of Kubo at ${repo}`, 'Correct ipfs.kubo.repo, or make it with: ipfs init')
    return launch(repo, ['--migrate=false'], call)
  },
  url: async () => {
    const url = await apiOf(repo)
    if (url === undefined)
      throw unusable(`the daemon of ${repo} does not listen on TCP`, 'Set Addresses.API of its configuration to an address such as /ip4/127.0.0.1/tcp/5001.')
    return url
  },
})

/** The file `api` may be left from a daemon that has died, whose port another one has now. */
async function runningOn(repo: string, call: Call): Promise<Foreign | undefined> {
  const url = await apiOf(repo)
  if (url === undefined) return undefined
  const { Identity } = await readConfig(repo)
  const answer = await ask({ url }, 'id', call).catch(() => undefined)
  if (answer === undefined || answer['ID'] !== Object(Identity).PeerID) return undefined
  const version = await askVersion({ url }, call)
  const warning = version === undefined ? undefined : warningOf(version, `the daemon of ${repo}`)
  return { url, notes: warning === undefined ? [] : [warning] }
}

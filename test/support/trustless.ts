import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { KuboDaemon, type KuboOptions } from './kubo.ts'

/** A daemon whose trustless gateway answers on the loopback address, with what it has and nothing else. */
export interface Trustless extends AsyncDisposable {
  readonly daemon: KuboDaemon
  readonly gateway: string
  /** What its gateway answers to this path and query. */
  car(path: string): Promise<Buffer>
}

export async function trustless({ settings, ...options }: KuboOptions = {}): Promise<Trustless> {
  const offline = { 'Addresses.Gateway': '/ip4/127.0.0.1/tcp/0', 'Gateway.NoFetch': true }
  const daemon = await KuboDaemon.start({ ...options, settings: { ...offline, ...settings } })
  const gateway = (await readFile(join(daemon.folder, 'gateway'), 'utf8')).trim()
  return {
    daemon,
    gateway,
    car: async (path) => Buffer.from(await (await fetch(`${gateway}/ipfs/${path}`, { headers: { accept: CAR } })).arrayBuffer()),
    [Symbol.asyncDispose]: () => daemon[Symbol.asyncDispose](),
  }
}

const CAR = 'application/vnd.ipld.car; version=1; order=dfs; dups=n'

/** On the network, where it knows nobody; providers on this machine may be named. */
export const ALONE = { ipfs: { network: 'client', peering: { peers: [], gateways: [], routers: [] } }, lassie: { private_addresses: true } } as const

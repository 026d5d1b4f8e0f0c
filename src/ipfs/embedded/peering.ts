import type { NetworkMode } from '../types.ts'

/** Whom a node knows from the beginning. */
export interface Peering {
  /** Addresses to listen on, in mode `node`. */
  readonly listen: readonly string[]
  /** Addresses of peers to be connected to. */
  readonly peers: readonly string[]
  /** Trustless gateways: what they send is verified like anything else. */
  readonly gateways: readonly string[]
  /** Delegated routers, which know who has a block. */
  readonly routers: readonly string[]
  /** How long one block may take. */
  readonly fetchTimeoutMs: number
}

export const PUBLIC_PEERING: Peering = {
  listen: ['/ip4/0.0.0.0/tcp/0', '/ip6/::/tcp/0'],
  peers: [],
  gateways: ['https://trustless-gateway.link', 'https://4everland.io'],
  routers: ['https://delegated-ipfs.dev'],
  fetchTimeoutMs: 30_000,
}

/** The way into the public hash table, for mode `node`. */
export const BOOTSTRAP: readonly string[] = [
  '/dnsaddr/bootstrap.libp2p.io/p2p/QmNnooDu7bfjPFoTZYxMNLWUQJyrVwtbZg5gBMjTezGAJN',
  '/dnsaddr/bootstrap.libp2p.io/p2p/QmbLHAnMoJPWSCR5Zhtx6BHJX9KiKNN6tpvbUcqanj75Nb',
  '/dnsaddr/bootstrap.libp2p.io/p2p/QmcZf59bWwK5XFi76CZX8cbJ4BhTzzA3gU1ZjYZcYW3dwt',
]

export type OnlineMode = Exclude<NetworkMode, 'off'>

const LOOPBACK = /^\/(ip4\/127\.|ip6\/::1\/|dns[46]?\/localhost\/)/

/** True if everybody that is known from the beginning is on this machine. */
export function isLocal(mode: OnlineMode, { listen, peers }: Peering): boolean {
  const addresses = [...(mode === 'node' ? listen : []), ...peers]
  return addresses.length > 0 && addresses.every((address) => LOOPBACK.test(address))
}

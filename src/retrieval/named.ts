import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { VfsError } from '../core/error.ts'
import { privateAddress } from './addresses.ts'

/** A provider: a trustless gateway by `url`, or a peer by `dial`. */
export interface Named {
  /** As it was named. */
  readonly address: string
  readonly url?: URL | undefined
  /** The multiaddress to connect to. */
  readonly dial: string
}

const MULTIADDRESS = /^\/(ip4|ip6|dns|dns4|dns6)\/([^/]+)\/(?:tcp|udp)\/\d+(?:\/|$)/
const GATEWAY = /^\/(ip4|ip6|dns|dns4|dns6)\/([^/]+)\/tcp\/(\d+)(\/tls)?\/(https?)$/

/** Rejects INVALID_ARGUMENT for what names no provider. */
export function namedProvider(text: string): Named {
  const url = webAddress(text)
  if (url && url.username + url.password !== '') throw invalid(url.origin, 'Take the credentials out: a provider is asked without any.')
  if (url) return { address: text, url, dial: '' }
  if (MULTIADDRESS.test(text) && !/\/https?(\/|$)/.test(text)) return { address: text, dial: text }
  throw invalid(text, 'Send an http(s) URL of a trustless gateway, or a full multiaddress such as /ip4/192.0.2.7/tcp/4001/p2p/12D3Koo….')
}

/**
 * The same provider, if it stands where it may; else rejects DENIED, also where a name leads elsewhere. A peer is dialled by
 * the address that was looked at; what an HTTP request connects to is looked at again then.
 */
export async function checkedProvider(named: Named, allows: (address: string) => boolean): Promise<Named> {
  const { url, dial } = named
  const host = url ? url.hostname.replace(/^\[|\]$/g, '') : (MULTIADDRESS.exec(dial)?.[2] ?? '')
  const addresses = isIP(host) === 0 ? await resolved(host) : [host]
  if (!addresses.every(allows)) throw privateAddress(host)
  return url ? named : { ...named, dial: dial.replace(/^\/[^/]+\/[^/]+/, byNumber(addresses, host)) }
}

const resolved = async (host: string): Promise<string[]> => (await lookup(host, { all: true }).catch(() => [])).map(({ address }) => address)

/** IPv4 where there is one: not every network has the other. */
function byNumber(addresses: readonly string[], host: string): string {
  const address = addresses.find((one) => isIP(one) === 4) ?? addresses[0]
  if (address === undefined) throw new VfsError('NO_PEERS', `${host} has no address`, { op: 'retrieve' })
  return `/ip${isIP(address)}/${address}`
}

function webAddress(text: string): URL | undefined {
  const [, kind, host = '', port = '', tls, protocol] = GATEWAY.exec(text) ?? []
  const written = kind === undefined ? text : `${tls ? 'https' : protocol}://${kind === 'ip6' ? `[${host}]` : host}:${port}`
  const url = /^https?:/i.test(written) ? URL.parse(written) : null
  return url ?? undefined
}

const invalid = (text: string, hint: string): VfsError =>
  new VfsError('INVALID_ARGUMENT', `${JSON.stringify(text.slice(0, 200))} is no provider`, { op: 'retrieve', hint })

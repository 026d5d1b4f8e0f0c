import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { VfsError } from '../core/error.ts'
import { isPublic, privateAddress } from './addresses.ts'

/** A provider as it was named: a trustless gateway by `url`, or a peer by `address` alone. */
export interface Named {
  readonly address: string
  readonly url?: URL | undefined
}

const MULTIADDRESS = /^\/(ip4|ip6|dns|dns4|dns6)\/([^/]+)\/(?:tcp|udp)\/\d+(?:\/|$)/
const GATEWAY = /^\/(ip4|ip6|dns|dns4|dns6)\/([^/]+)\/tcp\/(\d+)(\/tls)?\/(https?)$/

/** Rejects INVALID_ARGUMENT for what names no provider. */
export function namedProvider(text: string): Named {
  const url = webAddress(text)
  if (url && url.username + url.password !== '') throw invalid(url.origin, 'Take the credentials out: a provider is asked without any.')
  if (url) return { address: text, url }
  if (MULTIADDRESS.test(text) && !/\/https?(\/|$)/.test(text)) return { address: text }
  throw invalid(text, 'Send an http(s) URL of a trustless gateway, or a full multiaddress such as /ip4/192.0.2.7/tcp/4001/p2p/12D3Koo….')
}

/** Rejects DENIED for an address that is not on the public Internet, also where a name leads to one. What an HTTP request connects to is looked at again then. */
export async function requirePublic({ address, url }: Named): Promise<void> {
  const host = url ? url.hostname.replace(/^\[|\]$/g, '') : (MULTIADDRESS.exec(address)?.[2] ?? '')
  const addresses = isIP(host) === 0 ? await resolved(host) : [host]
  if (!addresses.every(isPublic)) throw privateAddress(host)
}

/** A name that leads nowhere is found out by whoever connects. */
const resolved = async (host: string): Promise<string[]> => (await lookup(host, { all: true }).catch(() => [])).map(({ address }) => address)

function webAddress(text: string): URL | undefined {
  const [, kind, host = '', port = '', tls, protocol] = GATEWAY.exec(text) ?? []
  const written = kind === undefined ? text : `${tls ? 'https' : protocol}://${kind === 'ip6' ? `[${host}]` : host}:${port}`
  const url = /^https?:/i.test(written) ? URL.parse(written) : null
  return url ?? undefined
}

const invalid = (text: string, hint: string): VfsError =>
  new VfsError('INVALID_ARGUMENT', `${JSON.stringify(text.slice(0, 200))} is no provider`, { op: 'retrieve', hint })

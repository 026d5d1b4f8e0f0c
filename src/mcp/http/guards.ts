import { createHash, timingSafeEqual } from 'node:crypto'
import { isIP } from 'node:net'
import { refusal } from './refusal.ts'

export interface GuardOptions {
  /** Every request must carry it, if it is set. */
  readonly token?: string | undefined
  /** Host names that are ours, beside the loopback ones. */
  readonly allowedHosts: readonly string[]
  /** Origins of web pages that may call, beside loopback ones. */
  readonly allowedOrigins: readonly string[]
}

const LOOPBACK: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]'])

/** Why a request may not come in, or undefined. In this order, so that a page of a stranger learns nothing about tokens. */
export const guard = (request: Request, options: GuardOptions): Response | undefined => foreignHost(request, options) ?? foreignOrigin(request, options)

/**
 * DNS rebinding reaches us under the name of the attacker's page. An IP address cannot be rebound, so that addresses need
 * no list.
 */
function foreignHost({ headers }: Request, { allowedHosts }: GuardOptions): Response | undefined {
  const host = headers.get('host') ?? ''
  const name = URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : ''
  const ours = LOOPBACK.has(name) || isIP(name.replace(/^\[|\]$/g, '')) !== 0 || allowedHosts.includes(name) || allowedHosts.includes(host)
  return ours ? undefined : refusal('FORBIDDEN_ORIGIN', 'This host name is not ours (http.allowed_hosts).')
}

function foreignOrigin({ headers }: Request, options: GuardOptions): Response | undefined {
  const origin = headers.get('origin')
  return origin === null || isAllowedOrigin(origin, options) ? undefined : refusal('FORBIDDEN_ORIGIN', 'This origin may not call (http.allowed_origins).')
}

const isAllowedOrigin = (origin: string, { allowedOrigins }: GuardOptions): boolean =>
  allowedOrigins.includes(origin) || (URL.canParse(origin) && LOOPBACK.has(new URL(origin).hostname))

/** 401 unless the request carries the token. */
export function unauthorized({ headers }: Request, { token }: GuardOptions): Response | undefined {
  if (token === undefined) return undefined
  const given = /^Bearer +(\S+) *$/i.exec(headers.get('authorization') ?? '')?.[1]
  if (given !== undefined && sameSecret(given, token)) return undefined
  const challenge = given === undefined ? 'Bearer realm="polymount"' : 'Bearer realm="polymount", error="invalid_token"'
  return refusal('UNAUTHORIZED', 'This server needs its bearer token.', { 'www-authenticate': challenge })
}

/** Takes the same time wherever they differ, and whatever their lengths. */
const sameSecret = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b))

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

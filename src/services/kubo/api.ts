import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isIP } from 'node:net'
import type { Call } from '../../core/backend.ts'
import type { Endpoint } from '../types.ts'

/** One call of the RPC that answers JSON. */
export async function ask(endpoint: Endpoint, path: string, { signal }: Call): Promise<Readonly<Record<string, unknown>>> {
  const headers = endpoint.authorization === undefined ? {} : { authorization: endpoint.authorization }
  const response = await fetch(`${endpoint.url}/api/v0/${path}`, { method: 'POST', headers, signal: signal ?? null })
  if (!response.ok) {
    await response.body?.cancel()
    throw new Error(`${path} answers ${response.status}`)
  }
  return (await response.json()) as Record<string, unknown>
}

/** Where the daemon of a repository says that it listens; undefined if none has said so. */
export async function apiOf(repo: string): Promise<string | undefined> {
  const address = await readFile(join(repo, 'api'), 'utf8').catch(() => undefined)
  return address === undefined ? undefined : urlOf(address.trim())
}

/** A multiaddress over TCP as a URL; every address of this machine is reached by its loopback one. */
export function urlOf(address: string): string | undefined {
  const [, kind, host = '', port] = /^\/(ip4|ip6|dns4?|dns6)\/([^/]+)\/tcp\/(\d+)/.exec(address) ?? []
  if (kind === undefined) return undefined
  const reached = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  return `http://${isIP(reached) === 6 ? `[${reached}]` : reached}:${port}`
}

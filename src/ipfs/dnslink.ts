import { VfsError } from '../core/error.ts'

const DOMAIN = /^(?=.{1,253}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/i
const TARGET = /^\/ip[fn]s\/./
const PATIENCE_MS = 5000
const NOTHING_THERE: ReadonlySet<unknown> = new Set(['ENODATA', 'ENOTFOUND'])

/** True for what is a domain: no key and no CID has a dot. */
export const isDomain = (name: string): boolean => DOMAIN.test(name)

/** What a domain points to by its TXT record (https://dnslink.dev), asked of this process's name servers. Rejects NAME_NOT_FOUND. */
export async function dnsLink(domain: string, signal: AbortSignal): Promise<string> {
  const targets = (await texts(`_dnslink.${domain}`, signal)).flatMap((text) => (text.startsWith('dnslink=') ? [text.slice('dnslink='.length)] : []))
  const [target, another] = targets.filter((each) => TARGET.test(each))
  if (target === undefined) throw new VfsError('NAME_NOT_FOUND', `${domain} has no DNSLink record that points to IPFS`)
  if (another !== undefined) throw new VfsError('NAME_NOT_FOUND', `${domain} has more than one DNSLink record: its owner has to remove the others`)
  return target
}

async function texts(host: string, signal: AbortSignal): Promise<string[]> {
  const { Resolver, getServers } = process.getBuiltinModule('node:dns').promises
  const resolver = new Resolver({ timeout: PATIENCE_MS, tries: 2 })
  resolver.setServers(getServers())
  const cancel = (): void => resolver.cancel()
  signal.addEventListener('abort', cancel, { once: true })
  try {
    return (await resolver.resolveTxt(host)).map((parts) => parts.join(''))
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && NOTHING_THERE.has(cause.code)) return []
    signal.throwIfAborted()
    throw new VfsError('SERVICE_UNAVAILABLE', `no name server answers for ${host}`, { cause, hint: 'Repeat the call in a moment.' })
  } finally {
    signal.removeEventListener('abort', cancel)
  }
}

import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { VfsError } from '../../src/core/error.ts'
import { isPublic } from '../../src/core/public-address.ts'

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

/**
 * Where an answer leads; undefined if it leads nowhere. A person named the server, and not what it redirects to: another host must stand on
 * the public Internet, so that nobody is led to what only this machine reaches. Rejects DENIED.
 */
export async function redirected({ status, headers }: Response, from: URL, named: URL): Promise<URL | undefined> {
  const location = headers.get('location')
  if (location === null || !REDIRECTS.has(status)) return undefined
  const to = URL.parse(location, from)
  if (to?.protocol !== 'http:' && to?.protocol !== 'https:')
    throw new VfsError('UNAVAILABLE', 'the server redirects to what is no web address', { backend: 'http' })
  if (to.hostname !== named.hostname && !(await isOnInternet(to.hostname))) throw led()
  return to
}

/** On the public Internet, with all its addresses; what is not found is left to the request to say. */
async function isOnInternet(hostname: string): Promise<boolean> {
  const bare = hostname.replace(/^\[|\]$/g, '')
  if (isIP(bare) !== 0) return isPublic(bare)
  const found = await lookup(bare, { all: true }).catch(() => [])
  return found.every(({ address }) => isPublic(address))
}

const led = (): VfsError =>
  new VfsError('DENIED', 'the server redirects to this machine or into a private network', {
    backend: 'http',
    hint: 'A person who wants that names the address that it redirects to.',
  })

import { lookup } from 'node:dns'
import * as http from 'node:http'
import * as https from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import type { Call } from '../core/backend.ts'
import { VfsError } from '../core/error.ts'
import { privateAddress } from './addresses.ts'

const MAX_REDIRECTS = 5

export interface GetOptions extends Call {
  readonly headers: Readonly<Record<string, string>>
}

/** GET requests to servers that somebody named. The very address that is connected to is looked at, so that neither a name nor a redirect leads elsewhere. */
export class HttpClient implements Disposable {
  readonly #allows: (address: string) => boolean
  readonly #agents = { 'http:': new http.Agent({ keepAlive: true }), 'https:': new https.Agent({ keepAlive: true }) }

  constructor(allows: (address: string) => boolean) {
    this.#allows = allows
  }

  /** The answer that redirects end in, whatever its status. Rejects DENIED, UNAVAILABLE. */
  async get(url: URL, options: GetOptions): Promise<http.IncomingMessage> {
    let at = url
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
      const response = await this.#once(at, options)
      const { location } = response.headers
      if (location === undefined || !isRedirect(response.statusCode)) return response
      response.destroy()
      at = target(location, at)
    }
    throw new VfsError('UNAVAILABLE', `${url.origin} redirects more than ${MAX_REDIRECTS} times`)
  }

  [Symbol.dispose](): void {
    for (const agent of Object.values(this.#agents)) agent.destroy()
  }

  #once(url: URL, { headers, signal }: GetOptions): Promise<http.IncomingMessage> {
    const protocol = url.protocol === 'https:' ? url.protocol : 'http:'
    this.#check(url)
    const answer = Promise.withResolvers<http.IncomingMessage>()
    const options = { headers, agent: this.#agents[protocol], lookup: this.#lookup, ...(signal && { signal }) }
    const request = (protocol === 'https:' ? https : http).get(url, options, answer.resolve)
    request.on('error', (cause) => answer.reject(cause.cause instanceof VfsError ? cause.cause : unreachable(url, cause)))
    return answer.promise
  }

  /** Numbers are not looked up. */
  #check({ hostname }: URL): void {
    const bare = hostname.replace(/^\[|\]$/g, '')
    if (isIP(bare) !== 0 && !this.#allows(bare)) throw privateAddress(bare)
  }

  /** Gives what the connection will use: no second question can have another answer. */
  readonly #lookup: LookupFunction = (hostname, options, callback) =>
    lookup(hostname, { ...options, all: true }, (error, found) => {
      const refused = error ? undefined : found.find(({ address }) => !this.#allows(address))
      if (error) callback(error, '', 0)
      else if (refused) callback(new Error('refused', { cause: privateAddress(`${hostname} (${refused.address})`) }), '', 0)
      else if (options.all) callback(null, found)
      else callback(null, found[0]?.address ?? '', found[0]?.family)
    })
}

const isRedirect = (status = 0): boolean => [301, 302, 303, 307, 308].includes(status)

function target(location: string, from: URL): URL {
  const url = URL.parse(location, from)
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url
  throw new VfsError('UNAVAILABLE', `${from.origin} redirects to what is no web address`)
}

const unreachable = ({ origin }: URL, cause: Error): VfsError => new VfsError('UNAVAILABLE', `${origin} cannot be reached: ${cause.message}`, { cause })

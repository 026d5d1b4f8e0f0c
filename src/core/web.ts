import { lookup } from 'node:dns'
import type { Agent, IncomingMessage } from 'node:http'
import { isIP, type LookupFunction } from 'node:net'
import type { Call } from './backend.ts'
import { throwIfAborted, VfsError } from './error.ts'

const MAX_REDIRECTS = 5

export interface WebOptions extends Call {
  readonly method?: 'GET' | 'HEAD' | undefined
  readonly headers: Readonly<Record<string, string>>
}

/** Why an address must not be connected to, `host` being what the URL calls it; undefined if it may be. */
export type Refuse = (address: string, host: string) => VfsError | undefined

/** Asks servers that somebody named. The very address that is connected to is looked at, so that neither a name nor a redirect leads elsewhere. */
export class WebClient implements Disposable {
  readonly #refuse: Refuse
  readonly #agents = new Map<string, Agent>()

  constructor(refuse: Refuse) {
    this.#refuse = refuse
  }

  /** The answer that redirects end in, whatever its status; its reader ends or destroys it. Rejects UNAVAILABLE, and what is refused. */
  async ask(url: URL, options: WebOptions): Promise<IncomingMessage> {
    let at = url
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
      const answer = await this.#once(at, options)
      const { location } = answer.headers
      if (location === undefined || !isRedirect(answer.statusCode)) return answer
      answer.destroy()
      at = target(location, at)
    }
    throw new VfsError('UNAVAILABLE', `${url.origin} redirects more than ${MAX_REDIRECTS} times`)
  }

  [Symbol.dispose](): void {
    for (const agent of this.#agents.values()) agent.destroy()
  }

  #once(url: URL, { method = 'GET', headers, signal }: WebOptions): Promise<IncomingMessage> {
    this.#checkNumber(url)
    // Loaded when it is needed, and not by `import`: see wire.ts.
    const { request, Agent: Pool } = process.getBuiltinModule(url.protocol === 'https:' ? 'node:https' : 'node:http')
    const agent = this.#agents.get(url.protocol) ?? new Pool({ keepAlive: true })
    this.#agents.set(url.protocol, agent)
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
    const call = request(url, { method, headers, agent, lookup: this.#lookup, ...(signal && { signal }) }, resolve)
    call.on('error', (cause) => reject(cause.cause instanceof VfsError ? cause.cause : unreachable(url, cause))).end()
    return promise.catch((error: unknown) => {
      throwIfAborted(signal)
      throw error
    })
  }

  /** Numbers are not looked up. */
  #checkNumber({ hostname }: URL): void {
    const bare = hostname.replace(/^\[|\]$/g, '')
    const refused = isIP(bare) === 0 ? undefined : this.#refuse(bare, bare)
    if (refused) throw refused
  }

  /** Gives what the connection will use: no second question can have another answer. */
  readonly #lookup: LookupFunction = (hostname, options, callback) =>
    lookup(hostname, { ...options, all: true }, (error, found) => {
      const refused = error ? undefined : found.map(({ address }) => this.#refuse(address, hostname)).find((each) => each !== undefined)
      if (error) callback(error, '', 0)
      else if (refused) callback(new Error('refused', { cause: refused }), '', 0)
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

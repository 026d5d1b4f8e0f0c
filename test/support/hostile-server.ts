import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/**
 * `echoing`: refuses each call and says back what it was sent, as pages for debugging do. `garbled`: agrees, with the same in place of an
 * answer. `redirecting`: sends everybody to another host. `silent`: cuts the connection.
 */
export type Malice = 'echoing' | 'garbled' | 'redirecting' | 'silent'

/** A server of HTTP that nobody should trust with a secret, and that is given some. */
export class HostileServer implements AsyncDisposable {
  readonly url: string
  malice: Malice = 'echoing'
  status = 400
  /** Also says what a Basic header means. */
  decodes = true
  /** All that it was ever sent, and what was sent to the host that it redirects to. */
  heard = ''
  heardElsewhere = ''
  readonly #close: () => Promise<void>

  private constructor(url: string, close: () => Promise<void>) {
    this.url = url
    this.#close = close
  }

  static async start(): Promise<HostileServer> {
    const [near, far] = [createServer(), createServer()]
    for (const server of [near, far]) await once(server.listen(0, '127.0.0.1'), 'listening')
    const port = (server: typeof near): number => (server.address() as AddressInfo).port
    const hostile: HostileServer = new HostileServer(`http://127.0.0.1:${port(near)}`, async () => {
      for (const server of [near, far]) {
        server.closeAllConnections()
        server.close()
        await once(server, 'close')
      }
    })
    near.on('request', (request: IncomingMessage, response: ServerResponse) => hostile.#answer(request, response, `http://localhost:${port(far)}`))
    far.on('request', (request: IncomingMessage, response: ServerResponse) => {
      hostile.heardElsewhere += sent(request)
      request.resume()
      response.writeHead(404).end()
    })
    return hostile
  }

  #answer(request: IncomingMessage, response: ServerResponse, elsewhere: string): void {
    const told = `${sent(request)}${this.decodes ? meaning(request) : ''}\n`
    this.heard += told
    request.resume()
    if (this.malice === 'silent') return void request.socket.destroy()
    if (this.malice === 'redirecting') return void response.writeHead(307, { location: `${elsewhere}/` }).end(told)
    const isXml = /aws-sdk/.test(request.headers['user-agent'] ?? '')
    const headers = { 'content-type': isXml ? 'application/xml' : 'application/json' }
    response.writeHead(this.malice === 'garbled' ? 200 : this.status, headers).end(isXml ? xml(told) : json(told))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close()
  }
}

const sent = ({ url, rawHeaders }: IncomingMessage): string => `${rawHeaders.join(' ')} ${url}`

const meaning = ({ headers: { authorization = '' } }: IncomingMessage): string =>
  Buffer.from(/^Basic (.*)$/.exec(authorization)?.[1] ?? '', 'base64').toString()

const json = (told: string): string => JSON.stringify({ Message: told, message: told, error: told, name: told })

const xml = (told: string): string => {
  const escaped = told.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  return `<?xml version="1.0"?><Error><Code>${escaped}</Code><Message>${escaped}</Message><Resource>${escaped}</Resource></Error>`
}

import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Which answers do not come. `its request`: it does not arrive, nor does anything that follows. */
export type Loss = 'it' | 'it and all that follows' | 'its request'

/** Stands before an HTTP server, and loses the answer to one request, which has taken effect by then, or the request. */
export class LosingProxy implements AsyncDisposable {
  readonly url: string
  /** Requests that could have been lost since `lose`. */
  seen = 0
  /** Nothing gets through. */
  away = false
  /** In place of a lost answer comes one of this status, as from a proxy that waited for the server in vain; else the connection is cut. */
  status: number | undefined
  /** Done when an answer has come that is to be lost. */
  struck: (() => Promise<void>) | undefined
  readonly #close: () => Promise<void>
  #losing: { readonly what: RegExp; readonly nth: number; readonly how: Loss } | undefined

  private constructor(url: string, close: () => Promise<void>) {
    this.url = url
    this.#close = close
  }

  static async start(to: () => string): Promise<LosingProxy> {
    // It closes no connection that nobody uses, which a client that was slow would use at that moment: what is lost is ours to say.
    const server = createServer({ keepAliveTimeout: 0 }, (asked, answer) => proxy.#pass(to(), asked, answer)).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const close = async (): Promise<void> => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    }
    const proxy: LosingProxy = new LosingProxy(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, close)
    return proxy
  }

  /** The answer to the nth request whose method and path, or body in the line after them, are such, from 0. */
  lose(what: RegExp, nth: number, how: Loss): void {
    this.seen = 0
    this.#losing = { what, nth, how }
  }

  /** Loses no more, and lets everything through. */
  recover(): void {
    this.#losing = undefined
    this.away = false
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close()
  }

  #pass(to: string, asked: IncomingMessage, answer: ServerResponse): void {
    this.away ||= this.#losesRequest(asked)
    if (this.away) return void asked.socket.destroy()
    const body: Buffer[] = []
    asked.on('data', (part: Buffer) => body.push(part))
    const sent = request(to + asked.url, { method: asked.method, headers: asked.headers }, (found) => {
      const losing = this.#losing
      const isSuch = losing?.what.test(`${asked.method} ${asked.url}\n${Buffer.concat(body).toString('latin1')}`) === true
      const isLost = isSuch && losing.how !== 'its request' && this.seen++ === losing.nth
      if (isLost) found.resume().once('end', () => void this.#lost(losing.how, asked, answer))
      else {
        const { trailer: _, ...headers } = found.headers // which node would have to know how to end
        found.pipe(answer.writeHead(found.statusCode ?? 500, headers))
      }
    })
    sent.on('error', () => asked.socket.destroy())
    asked.pipe(sent)
  }

  /** By its first line alone. */
  #losesRequest({ method, url }: IncomingMessage): boolean {
    const losing = this.#losing
    return losing?.how === 'its request' && losing.what.test(`${method} ${url}\n`) && this.seen++ === losing.nth
  }

  async #lost(how: Loss, asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    this.away = how === 'it and all that follows'
    await this.struck?.()
    if (this.status === undefined) asked.socket.destroy()
    else answer.writeHead(this.status).end('no answer')
  }
}

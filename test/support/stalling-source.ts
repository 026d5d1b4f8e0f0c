import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pipeline } from 'node:stream/promises'
import { noise } from './content.ts'

/** A file of noise, whose answer stands still behind so many bytes. */
export interface Stalling {
  readonly seed: number
  readonly size: number
  readonly stallAt: number
}

/** A server whose answers stand still where their URL says, unless it flows. */
export class StallingSource implements AsyncDisposable {
  /** How many answers were begun. */
  asked = 0
  /** Answers that begin now go on to their end. */
  flows = false
  readonly #url: string
  readonly #close: () => Promise<void>

  private constructor(url: string, close: () => Promise<void>) {
    this.#url = url
    this.#close = close
  }

  static async start(): Promise<StallingSource> {
    const server = createServer((request, response) => void source.#answer(request, response).catch(() => {})) // whoever asked was killed
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const source: StallingSource = new StallingSource(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    })
    return source
  }

  url({ seed, size, stallAt }: Stalling): string {
    return `${this.#url}/${seed}/${size}/${stallAt}`
  }

  async #answer({ method, url = '' }: IncomingMessage, response: ServerResponse): Promise<void> {
    const [seed, size = 0, stallAt] = url.slice(1).split('/').map(Number)
    response.writeHead(200, { 'content-length': size, etag: `"${url}"` })
    if (method === 'HEAD') return void response.end()
    this.asked++
    await pipeline(noise(this.flows ? size : (stallAt ?? 0), seed), response, { end: this.flows || size === stallAt })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close()
  }
}

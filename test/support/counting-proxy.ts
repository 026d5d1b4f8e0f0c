import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** Passes bytes on, and counts them and the HTTP requests among them. */
export class CountingProxy implements AsyncDisposable {
  /** Both ways. */
  bytes = 0
  requests = 0
  /** Those that ask for a change. */
  writes = 0
  readonly endpoint: string
  readonly #close: () => Promise<void>

  private constructor(endpoint: string, close: () => Promise<void>) {
    this.endpoint = endpoint
    this.#close = close
  }

  static async start(to: string): Promise<CountingProxy> {
    const open = new Set<Socket>()
    const listener = createServer((client) => proxy.#join(client, connect(Number(new URL(to).port), '127.0.0.1'), open)).listen(0, '127.0.0.1')
    await once(listener, 'listening')
    const close = async (): Promise<void> => {
      for (const socket of open) socket.destroy()
      listener.close()
      await once(listener, 'close')
    }
    const proxy: CountingProxy = new CountingProxy(`http://127.0.0.1:${(listener.address() as AddressInfo).port}`, close)
    return proxy
  }

  #join(client: Socket, server: Socket, open: Set<Socket>): void {
    client.on('data', (bytes) => {
      const requests = bytes.toString('latin1').match(REQUEST) ?? []
      this.requests += requests.length
      this.writes += requests.filter((line) => !/^(?:GET|HEAD)/.test(line)).length
    })
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      open.add(from)
      from.on('data', (bytes) => (this.bytes += bytes.length))
      from.on('error', () => to.destroy()).on('close', () => open.delete(from))
      from.pipe(to)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close()
  }
}

const REQUEST = /^(?:GET|PUT|POST|HEAD|DELETE) \S+ HTTP\/1\.1\r$/gm

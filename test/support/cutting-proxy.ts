import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** Passes bytes on; cuts connections after a while, swallows the answer to one request, or changes what is answered. */
export class CuttingProxy implements AsyncDisposable {
  cutting = false
  /** The answer to the next request of this method is lost. */
  swallow: string | undefined
  /** Done to every part of an answer. */
  damage: ((bytes: Buffer) => Buffer) | undefined
  cuts = 0
  readonly endpoint: string
  readonly #close: () => Promise<void>
  #budget = 0x9e3779b9

  private constructor(endpoint: string, close: () => Promise<void>) {
    this.endpoint = endpoint
    this.#close = close
  }

  static async start(to: string): Promise<CuttingProxy> {
    const open = new Set<Socket>()
    const listener = createServer((socket) => proxy.#join(socket, connect(Number(new URL(to).port), '127.0.0.1'), open)).listen(0, '127.0.0.1')
    await once(listener, 'listening')
    const close = async (): Promise<void> => {
      for (const socket of open) socket.destroy()
      listener.close()
      await once(listener, 'close')
    }
    const proxy: CuttingProxy = new CuttingProxy(`http://127.0.0.1:${(listener.address() as AddressInfo).port}`, close)
    return proxy
  }

  #join(client: Socket, target: Socket, open: Set<Socket>): void {
    let budget = this.cutting ? this.#next() : Infinity
    let silent = false
    const cut = (): void => {
      this.cuts++
      client.destroy()
      target.destroy()
    }
    for (const socket of [client, target]) {
      open.add(socket)
      socket.on('error', () => {}).on('close', () => void (open.delete(socket), client.destroy(), target.destroy()))
    }
    client.on('data', (bytes) => {
      if (this.swallow !== undefined && bytes.toString('latin1').startsWith(this.swallow)) {
        silent = true
        this.swallow = undefined
      }
      target.write(bytes)
      if ((budget -= bytes.length) < 0) cut()
    })
    target.on('data', (bytes: Buffer) => {
      if (silent) return cut()
      client.write(this.damage ? this.damage(bytes) : bytes)
      if ((budget -= bytes.length) < 0) cut()
    })
  }

  /** Up to 16 MiB, the same in every run. */
  #next(): number {
    this.#budget = (Math.imul(this.#budget, 1_664_525) + 1_013_904_223) >>> 0
    return this.#budget >>> 8
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close()
  }
}

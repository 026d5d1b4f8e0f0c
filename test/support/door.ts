import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp } from 'node:fs/promises'
import { type AddressInfo, connect, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { endServer } from './end-server.ts'

/** A port of the network of another process, as one of ours. */
export class Door implements AsyncDisposable {
  readonly port: number
  readonly #server: Server
  readonly #relay: ChildProcess
  readonly #folder: string

  private constructor(server: Server, relay: ChildProcess, folder: string) {
    this.port = (server.address() as AddressInfo).port
    this.#server = server
    this.#relay = relay
    this.#folder = folder
  }

  static async open(pid: number, port: number): Promise<Door> {
    const folder = await mkdtemp(join(tmpdir(), 'polymount-door-'))
    const socket = join(folder, 'socket')
    const relay = spawn('nsenter', ['--net', '--target', `${pid}`, process.execPath, 'test/support/relay.ts', socket, `${port}`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(relay.stdout, 'data')
    const server = createServer((near) => {
      const far = connect(socket)
      Promise.all([pipeline(near, far), pipeline(far, near)]).catch(() => near.destroy())
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new Door(server, relay, folder)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close()
    await endServer(this.#relay, this.#folder)
  }
}
